import { NO_OTHER_INPUTS } from '../fixtures/no-other-inputs.ts'
import type { LayerStatistics, ModelStatistics } from '../../src-main/calibration/statistics.ts'

const filled = (length: number, value: number): Float64Array => new Float64Array(length).fill(value)

/** Statistics of 9 tokens with these counts, (layers, experts), in which expert e's gated outputs have mean norm 0.5 + e. */
export function modelStatistics(counts: readonly (readonly number[])[]): ModelStatistics {
  return {
    tokens: 9,
    outputInput: filled(5, 1),
    tokenCounts: filled(11, 2),
    layers: counts.map((tokens, layer) => layerStatistics(layer, tokens)),
  }
}

function layerStatistics(layer: number, tokens: readonly number[]): LayerStatistics {
  const n = tokens.length
  return {
    layer,
    tokens: 9,
    residualPower: 1,
    attentionPower: 2,
    expertsPower: 3,
    ...NO_OTHER_INPUTS,
    attentionInput: filled(5, 1),
    attentionOutputInput: filled(6, 2),
    experts: {
      tokens: Float64Array.from(tokens),
      gateSum: filled(n, 7),
      maxOutput: filled(n, 8),
      outputNormSum: filled(n, 9),
      gatedOutputNormSum: Float64Array.from(tokens, (count, e) => count * (0.5 + e)),
      input: filled(n * 5, 10),
      gatedInput: filled(n * 5, 11),
      downInput: filled(n * 3, 12),
      gatedDownInput: filled(n * 3, 13),
    },
  }
}
