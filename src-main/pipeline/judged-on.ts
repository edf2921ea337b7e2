import { createHash } from 'node:crypto'
import { tokensFingerprint } from '../calibration/fingerprint.ts'
import type { Report } from '../contract/report.ts'
import type { Source } from './source.ts'

/** What decides how a text becomes token ids. The chat template and the stop tokens do not. */
const TOKENIZER_KEYS = ['tokenizer.ggml.model', 'tokenizer.ggml.pre', 'tokenizer.ggml.tokens', 'tokenizer.ggml.merges'] as const

/** Fingerprints of what a report was judged on: the held-out tokens, window by window, and the tokenizer's definition. */
export function judgedOn(
  { tokenizerKeys }: Pick<Source, 'tokenizerKeys'>,
  heldOut: readonly Int32Array[],
): NonNullable<Report['judgedOn']> {
  const hash = createHash('sha256')
  for (const key of TOKENIZER_KEYS) hash.update(JSON.stringify([key, tokenizerKeys.get(key)?.value ?? null]))
  return { heldOut: tokensFingerprint(heldOut), tokenizer: hash.digest('hex') }
}
