import { NO_OTHER_INPUTS } from '../fixtures/no-other-inputs.ts'
import { describe, expect, it } from 'vitest'
import { importanceFor } from '../../src-main/calibration/importance.ts'
import type { ExpertStatistics, ModelStatistics } from '../../src-main/calibration/statistics.ts'
import type { StoredTensor } from '../../src-main/calibration/stored-tensors.ts'

/** One layer of two experts and two columns: expert 0 saw 1000 tokens, expert 1 saw `rare`. */
function statistics(rare: number): ModelStatistics {
  const sums = Float64Array.from([1000, 4000, 100 * rare, 0])
  const experts: ExpertStatistics = {
    tokens: Float64Array.from([1000, rare]),
    gateSum: new Float64Array(2),
    maxOutput: new Float64Array(2),
    outputNormSum: new Float64Array(2),
    gatedOutputNormSum: new Float64Array(2),
    input: new Float64Array(4),
    gatedInput: sums,
    downInput: sums.map((sum) => 2 * sum),
    gatedDownInput: new Float64Array(4),
  }
  const layer = {
    layer: 3,
    experts,
    tokens: 500,
    attentionInput: Float64Array.from([500, 1000]),
    attentionOutputInput: Float64Array.from([250, 0]),
    ...NO_OTHER_INPUTS,
    residualPower: 1,
    attentionPower: 1,
    expertsPower: 1,
  }
  return { layers: [layer], tokens: 500, outputInput: Float64Array.from([50, 5]), tokenCounts: new Float64Array(4) }
}

/** Importance of one matrix with an expert 1 that saw `rare` tokens. */
function importance(
  rare: number,
  layer: number | null,
  role: StoredTensor['role'],
  expert: number,
  alsoOutput = false,
): Float32Array | null {
  return importanceFor(statistics(rare), { layer, role, alsoOutput }, expert)
}

describe('importanceFor', () => {
  it('is the mean square of each input column', () => {
    expect(importance(10, 3, 'query', 0)).toEqual(Float32Array.from([1, 2]))
    expect(importance(10, 3, 'attentionOutput', 0)).toEqual(Float32Array.from([0.5, 0]))
    expect(importance(10, null, 'output', 0)).toEqual(Float32Array.from([0.1, 0.01]))
  })

  it('trusts an expert that saw much text', () => {
    const [first, second] = importance(10, 3, 'expertUp', 0) ?? []
    expect(first).toBeCloseTo((1000 + (256 * 2000) / 1010) / 1256, 5)
    expect(second).toBeCloseTo((4000 + (256 * 4000) / 1010) / 1256, 5)
  })

  it('takes the layer mean for an expert that saw nothing', () => {
    const input = importance(0, 3, 'expertGate', 1)
    expect(input).toEqual(Float32Array.from([1, 4]))
    expect(importance(0, 3, 'expertDown', 1)).toEqual(Float32Array.from([2, 8]))
  })

  it('weighs an embedding by column only where it is the output matrix too', () => {
    expect(importance(1, null, 'embedding', 0, true)).toEqual(Float32Array.from([0.1, 0.01]))
  })

  it('has no weights for what is read by row, and refuses an unknown layer', () => {
    expect(importance(1, null, 'embedding', 0)).toBeNull()
    expect(importance(1, 3, 'router', 0)).toBeNull()
    expect(() => importance(1, 4, 'query', 0)).toThrow(RangeError)
  })
})
