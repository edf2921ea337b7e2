import { homedir } from 'node:os'
import { resolve } from 'node:path'
import { ExpectedError } from '../contract/errors.ts'
import { referenceKernels } from '../kernels/reference.ts'
import { modelFolder } from '../model/model-folder.ts'
import { nameAll, nameOf, placeOf } from '../pipeline/resource-names.ts'
import { openSource, type Source } from '../pipeline/source.ts'
import { sourceStamp } from '../pipeline/source-stamp.ts'

/** The model opened last, for the many questions about one model that a budget slider asks. */
let last: { path: string; stamp: string; source: Source } | null = null

/**
 * What a checkpoint folder is: headers and tokenizer are read, no weight is, and every file is closed again. The last answer is
 * kept for as long as its folder does not change. What comes with Whittle goes by its name, in `folder`, in the summary and in errors.
 * @param resources the product's own files
 * @throws ExpectedError with an 'open' code of contract/errors.ts
 */
export async function openModel(folder: string, resources: string): Promise<Source> {
  try {
    // People type ~ where a shell would have put their home folder.
    const source = await openFolder(resolve(placeOf(folder.replace(/^~(?=$|[\\/])/, homedir()), resources)))
    return { ...source, summary: { ...source.summary, path: nameOf(source.summary.path, resources) } }
  } catch (error) {
    throw error instanceof ExpectedError ? new ExpectedError(error.code, nameAll({ ...error.details }, resources), { cause: error }) : error
  }
}

async function openFolder(named: string): Promise<Source> {
  const path = await modelFolder(named)
  const stamp = await sourceStamp(path)
  if (last !== null && last.path === path && last.stamp === stamp) return last.source
  const source = await openSource(path, referenceKernels)
  await source.model.close()
  last = { path, stamp, source }
  return source
}
