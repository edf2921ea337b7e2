import { createHash } from 'node:crypto'
import type { Kernels } from '../../src-main/kernels/kernels.ts'
import { loadNativeKernels } from '../../src-main/kernels/native.ts'
import { GGML_TYPES } from '../../src-main/tensor/ggml-type.ts'
import type { GgmlTypeName } from '../../src-main/tensor/ggml-type.ts'
import { extremeRows, testRows } from '../bench/rows.ts'

/** SHA-256 of the bytes `kernels` make of the same rows, by type. Run as a program it prints those of the addon. */
export function digests(kernels: Kernels): Record<string, string> {
  const sets = [...testRows(2, 768, 31), extremeRows(32)]
  return Object.fromEntries(
    (Object.keys(GGML_TYPES) as GgmlTypeName[]).map((type) => {
      const hash = createHash('sha256')
      for (const { weights, columns, importance } of sets) hash.update(kernels.encode(type, weights, columns, importance))
      return [type, hash.digest('hex')]
    }),
  )
}

if (process.argv[1] === import.meta.filename) {
  const { kernels, reason } = loadNativeKernels()
  if (kernels === null) throw new Error(reason ?? 'no addon')
  console.log(JSON.stringify(digests(kernels)))
}
