import { createHash } from 'node:crypto'
import type { GptqKernels } from '../../src-main/kernels/gptq/gptq.ts'
import { loadNativeKernels } from '../../src-main/kernels/native.ts'
import { calibratedRows } from './gptq-cases.ts'

/** What GPTQ makes of the same rows, hashed. Run as a program, it prints those of the addon, for another WHITTLE_KERNELS_VARIANT. */
export function gptqDigests({ quantizeGroups, encodeWithFeedback, hessianError }: GptqKernels): Record<string, string> {
  const { weights, columns, factor, hessian } = calibratedRows(17, 256, 98)
  const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
  const found: Record<string, string> = {}
  for (const bits of [1, 3] as const) {
    for (const groupSize of [64, 256])
      found[`${bits} bits, ${groupSize}`] = digest(quantizeGroups({ weights, columns, factor, bits, groupSize }).codes)
  }
  for (const type of ['Q2_K', 'Q3_K'] as const) found[type] = digest(encodeWithFeedback(type, weights, columns, factor, null))
  found['error'] = String(hessianError(weights, new Float32Array(weights.length), columns, hessian))
  return found
}

if (process.argv[1] === import.meta.filename) {
  const { kernels } = loadNativeKernels(process.env['WHITTLE_KERNELS_ADDON'])
  if (kernels !== null) console.log(JSON.stringify(gptqDigests(kernels.gptq)))
}
