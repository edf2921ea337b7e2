import { homedir } from 'node:os'
import { resolve } from 'node:path'
import { modelFingerprint } from '../calibration/fingerprint.ts'
import { referenceKernels } from '../kernels/reference.ts'
import { modelFolder } from '../model/model-folder.ts'
import { openCheckpoint } from '../model/open-checkpoint.ts'
import { openSource } from './source.ts'
import type { Source } from './source.ts'
import { sourceStamp } from './source-stamp.ts'

/** A checkpoint whose files are closed again. */
export interface KnownSource {
  readonly source: Source
  /** Takes a read per tensor, the first time. */
  fingerprint(): Promise<string>
}

/** The model asked about last, for the many questions about one model that a budget slider asks. */
let last: { path: string; preTokenizer: string | null; stamp: string; known: KnownSource } | null = null

/**
 * Reads a checkpoint's headers and tokenizer; the last answer is kept for as long as its folder does not change. Throws like {@link
 * openSource}.
 */
export async function knownSource(modelPath: string, preTokenizer: string | null = null): Promise<KnownSource> {
  // People type ~ where a shell would have put their home folder.
  const path = await modelFolder(resolve(modelPath.replace(/^~(?=$|[\\/])/, homedir())))
  const stamp = await sourceStamp(path)
  if (last !== null && last.path === path && last.preTokenizer === preTokenizer && last.stamp === stamp) return last.known
  const source = await openSource(path, referenceKernels, preTokenizer)
  await source.model.close()
  let fingerprint: Promise<string> | null = null
  last = { path, preTokenizer, stamp, known: { source, fingerprint: () => (fingerprint ??= fingerprintOf(path)) } }
  return last.known
}

async function fingerprintOf(path: string): Promise<string> {
  const { model, close } = await openCheckpoint(path)
  try {
    return await modelFingerprint(model)
  } finally {
    await close()
  }
}
