import { resolve } from 'node:path'
import { modelFingerprint } from '../calibration/fingerprint.ts'
import { referenceKernels } from '../kernels/reference.ts'
import { modelFolder } from '../model/model-folder.ts'
import { openSource } from './source.ts'
import type { Source } from './source.ts'
import { sourceStamp } from './source-stamp.ts'

/** A checkpoint whose files are closed again, and its fingerprint. */
export interface KnownSource { readonly source: Source; readonly fingerprint: string }

/** The model asked about last: its fingerprint takes a read per tensor. */
let last: { path: string; stamp: string; known: KnownSource } | null = null

/** Reads a checkpoint's headers, tokenizer and fingerprint; the last answer is kept for as long as its folder does not change. Throws like {@link openSource}. */
export async function knownSource(modelPath: string): Promise<KnownSource> {
  const path = await modelFolder(resolve(modelPath))
  const stamp = await sourceStamp(path)
  if (last !== null && last.path === path && last.stamp === stamp) return last.known
  const source = await openSource(path, referenceKernels)
  try {
    last = { path, stamp, known: { source, fingerprint: await modelFingerprint(source.model) } }
    return last.known
  } finally {
    await source.model.close()
  }
}
