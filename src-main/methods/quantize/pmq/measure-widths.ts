import type { LayerAtHand } from '../../../calibration/layer-at-hand.ts'
import { severalAtOnce } from '../../../calibration/several-at-once.ts'
import type { Width } from '../packed/form.ts'
import { groupSizeFor } from '../packed/settings.ts'
import { distance, expertAtHand, expertsAtOnce } from './expert-loss.ts'
import type { WidthMeasurement } from './measurement.ts'
import { usageOf } from './measurement.ts'

/** Errors of one expert, by width. */
interface ExpertErrors {
  readonly output: Record<string, number>
  readonly weight: Record<string, number>
  readonly unfactored: number
}

/**
 * eps of every expert at every width, all three matrices quantized by GPTQ as `apply` will, some experts at a time: while one is quantized
 * another runs on its tokens. Throws the signal's reason when aborted.
 */
export async function measureWidths(
  layer: LayerAtHand,
  widths: readonly Width[],
  groupSize: number,
): Promise<Omit<WidthMeasurement, 'skipping'>> {
  const experts = Array.from({ length: layer.shape.experts }, (_, expert) => expert)
  const found = await severalAtOnce(experts, expertsAtOnce(layer), (expert) => measureExpert(layer, expert, widths, groupSize))
  return {
    ...usageOf(layer),
    errors: found.map(({ output }) => output),
    weightErrors: found.map(({ weight }) => weight),
    unfactored: found.reduce((sum, { unfactored }) => sum + unfactored, 0),
  }
}

async function measureExpert(layer: LayerAtHand, expert: number, widths: readonly Width[], groupSize: number): Promise<ExpertErrors> {
  layer.signal.throwIfAborted()
  const own = await expertAtHand(layer, expert)
  const { exact, input, downInput, unfactored } = own
  const { hidden, expertWidth } = layer.shape
  const found: ExpertErrors = { output: {}, weight: {}, unfactored }
  for (const bits of widths) {
    layer.signal.throwIfAborted()
    const stored = (weights: Float32Array, columns: number, factor: Float64Array | null): Promise<Float32Array> => {
      return storedAt(layer, weights, columns, factor, bits, groupSizeFor(columns, groupSize))
    }
    const [gate, up, down] = await Promise.all([
      stored(exact.gate, hidden, input.factor),
      stored(exact.up, hidden, input.factor),
      stored(exact.down, expertWidth, downInput.factor),
    ])
    found.weight[bits] = Math.hypot(distance(exact.gate, gate), distance(exact.up, up), distance(exact.down, down))
    const error = await own.outputError({ gate, up, down })
    if (error !== null) found.output[bits] = error
  }
  own.release()
  return found
}

/** The values a matrix has in the folder. */
async function storedAt(
  { kernels, rounding }: LayerAtHand,
  weights: Float32Array,
  columns: number,
  factor: Float64Array | null,
  bits: Width,
  groupSize: number,
): Promise<Float32Array> {
  const { codes, scales, zeros } = await rounding.quantize({ weights, columns, factor, bits, groupSize })
  return kernels.gptq.dequantizeGroups(codes, scales, zeros, columns, groupSize, bits)
}
