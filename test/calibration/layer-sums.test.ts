import { NO_OTHER_INPUTS } from '../fixtures/no-other-inputs.ts'
import { expect, test } from 'vitest'
import { LayerSums } from '../../src-main/calibration/layer-sums.ts'
import { TINY_SHAPE } from '../forward/tiny-model.ts'

const shape = { ...TINY_SHAPE, hidden: 2, expertWidth: 1, heads: 1, headSize: 2, experts: 2 }
const f32 = (...values: number[]): Float32Array => Float32Array.from(values)

const grouped = { latentQuery: null, latent: null }

test('batches of one expert add up: sums are summed, the largest output stays', () => {
  const sums = new LayerSums(3, shape, () => {})
  const batch = { expert: 1, input: f32(1, 2, 3, 4), downInput: f32(5, 6) }
  sums.expert({ ...batch, gates: f32(0.5, 0.25), outputNorms: f32(2, 4), maxOutput: 9 })
  sums.expert({ ...batch, gates: f32(1), outputNorms: f32(8), maxOutput: 7 })
  sums.attention({ tokens: 2, input: f32(1, 1), outputInput: f32(2, 2), ...grouped, power: 6 })
  sums.attention({ tokens: 1, input: f32(1, 0), outputInput: f32(0, 1), ...grouped, power: 3 })
  sums.end({ residual: 30, experts: 12 })
  const { experts, ...layer } = sums.finish()
  expect(layer).toEqual({
    layer: 3,
    tokens: 3,
    attentionInput: Float64Array.of(2, 1),
    attentionOutputInput: Float64Array.of(2, 3),
    ...NO_OTHER_INPUTS,
    attentionPower: 3,
    residualPower: 10,
    expertsPower: 4,
  })
  expect(experts).toEqual({
    tokens: Float64Array.of(0, 3),
    gateSum: Float64Array.of(0, 1.75),
    maxOutput: Float64Array.of(0, 9),
    outputNormSum: Float64Array.of(0, 14),
    gatedOutputNormSum: Float64Array.of(0, 10),
    input: Float64Array.of(0, 0, 2, 4),
    gatedInput: Float64Array.of(0, 0, 6, 8),
    downInput: Float64Array.of(0, 10),
    gatedDownInput: Float64Array.of(0, 12),
  })
})

test('sums across batches are kept in float64: a small batch after a huge one is not lost', () => {
  const sums = new LayerSums(0, shape, () => {})
  sums.attention({ tokens: 1, input: f32(2 ** 30, 0), outputInput: f32(0, 0), ...grouped, power: 0 })
  sums.attention({ tokens: 1, input: f32(1, 0), outputInput: f32(0, 0), ...grouped, power: 0 })
  sums.end({ residual: 0, experts: 0 })
  expect(sums.finish().attentionInput[0]).toBe(2 ** 30 + 1)
})

test('a layer that did not end has no statistics', () => {
  expect(() => new LayerSums(0, shape, () => {}).finish()).toThrow('not run to its end')
})
