import { stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { referenceKernels } from '../kernels/reference.ts'
import { modelFolder } from '../model/model-folder.ts'
import { openSource, type Source } from '../pipeline/source.ts'

/** The model opened last, for the many questions about one model that a budget slider asks. */
let last: { path: string; stamp: string; source: Source } | null = null

/**
 * What a checkpoint folder is: headers and tokenizer are read, no weight is, and every file is closed again. The last answer is
 * kept for as long as its folder does not change.
 * @throws ExpectedError with an 'open' code of contract/errors.ts
 */
export async function openModel(folder: string): Promise<Source> {
  const path = await modelFolder(resolve(folder))
  const stamp = await stampOf(path)
  if (last !== null && last.path === path && last.stamp === stamp) return last.source
  const source = await openSource(path, referenceKernels)
  await source.model.close()
  last = { path, stamp, source }
  return source
}

/** Size and time of the files that say what the folder is. */
async function stampOf(folder: string): Promise<string> {
  const names = ['.', 'config.json', 'model.safetensors.index.json', 'model.safetensors', 'tokenizer.json', 'tokenizer_config.json']
  const facts = await Promise.all(names.map((name) => stat(join(folder, name)).catch(() => null))) // not there: part of the stamp
  return facts.map((fact) => `${fact?.size} ${fact?.mtimeMs}`).join(', ')
}
