import { describe, expect, it } from 'vitest'
import { keepGain } from '../../src-main/kernels/keep-gain.ts'
import { referenceKernels } from '../../src-main/kernels/reference.ts'
import type { GgmlTypeName } from '../../src-main/tensor/ggml-type.ts'
import { normalFrom, seededRandom } from '../../src-main/tensor/random.ts'

const kernels = keepGain(referenceKernels)
const columns = 512
const normal = normalFrom(seededRandom(5))
const weights = Float32Array.from({ length: 4 * columns }, () => 0.02 * normal())
const importance = Float32Array.from({ length: columns }, () => Math.exp(normal()))

/** sum a w v / sum a w^2 of every 256 weights. */
function gains(decoded: Float32Array, weighted: boolean): number[] {
  return Array.from({ length: weights.length / 256 }, (_, block) => {
    let own = 0
    let shared = 0
    for (let at = block * 256; at < (block + 1) * 256; at++) {
      const a = weighted ? (importance[at % columns] as number) : 1
      own += a * (weights[at] as number) ** 2
      shared += a * (weights[at] as number) * (decoded[at] as number)
    }
    return shared / own
  })
}

describe('keepGain', () => {
  it.each<[GgmlTypeName, number]>([
    ['Q5_K', 0.002],
    ['Q4_K', 0.002],
    ['Q3_K', 0.002],
    ['Q2_K', 0.002],
  ])("makes %s answer with the original's gain", (type, within) => {
    for (const weighted of [true, false]) {
      const decoded = kernels.decode(type, kernels.encode(type, weights, columns, weighted ? importance : null), columns)
      for (const gain of gains(decoded, weighted)) expect(Math.abs(gain - 1)).toBeLessThan(within)
    }
  })

  it('takes away the shrinking that least squares brings, for little more error', () => {
    const plain = referenceKernels.decode('Q2_K', referenceKernels.encode('Q2_K', weights, columns, importance), columns)
    const kept = kernels.decode('Q2_K', kernels.encode('Q2_K', weights, columns, importance), columns)
    for (const gain of gains(plain, true)) expect(gain).toBeLessThan(0.98)
    const error = (decoded: Float32Array): number => kernels.weightedError(weights, decoded, columns, importance)
    expect(error(kept)).toBeLessThan(1.15 * error(plain))
  })

  it('leaves types alone that are precise already', () => {
    for (const type of ['Q8_0', 'Q6_K', 'BF16', 'F32'] as const) {
      expect(kernels.encode(type, weights, columns, importance)).toEqual(referenceKernels.encode(type, weights, columns, importance))
    }
  })

  it('leaves zeros zero', () => {
    const zeros = new Float32Array(columns)
    expect(kernels.decode('Q3_K', kernels.encode('Q3_K', zeros, columns, null), columns)).toEqual(zeros)
  })
})
