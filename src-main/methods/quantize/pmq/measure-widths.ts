import type { LayerAtHand } from '../../../calibration/layer-at-hand.ts'
import type { Width } from '../packed/form.ts'
import { groupSizeFor } from '../packed/settings.ts'
import { distance, expertAtHand } from './expert-loss.ts'
import type { ExpertMatrices } from './expert-loss.ts'
import type { WidthMeasurement } from './measurement.ts'
import { usageOf } from './measurement.ts'

/** eps of every expert at every width, all three matrices quantized by GPTQ as `apply` will. Throws the signal's reason when aborted. */
export async function measureWidths(layer: LayerAtHand, widths: readonly Width[], groupSize: number): Promise<Omit<WidthMeasurement, 'skipping'>> {
  const { gptq } = layer.kernels
  const errors: Record<string, number>[] = []
  const weightErrors: Record<string, number>[] = []
  let unfactored = 0
  for (let expert = 0; expert < layer.shape.experts; expert++) {
    const own = await expertAtHand(layer, expert)
    unfactored += own.unfactored
    const [output, weight]: [Record<string, number>, Record<string, number>] = [{}, {}]
    for (const bits of widths) {
      layer.signal.throwIfAborted()
      const stored = (weights: Float32Array, columns: number, factor: Float64Array | null): Float32Array => {
        const size = groupSizeFor(columns, groupSize)
        const { codes, scales, zeros } = gptq.quantizeGroups({ weights, columns, factor, bits, groupSize: size })
        return gptq.dequantizeGroups(codes, scales, zeros, columns, size, bits)
      }
      const { hidden, expertWidth } = layer.shape
      const changed: ExpertMatrices = {
        gate: stored(own.exact.gate, hidden, own.input.factor), up: stored(own.exact.up, hidden, own.input.factor),
        down: stored(own.exact.down, expertWidth, own.downInput.factor),
      }
      weight[bits] = Math.hypot(distance(own.exact.gate, changed.gate), distance(own.exact.up, changed.up), distance(own.exact.down, changed.down))
      const error = await own.outputError(changed)
      if (error !== null) output[bits] = error
    }
    errors.push(output)
    weightErrors.push(weight)
  }
  return { ...usageOf(layer), errors, weightErrors, unfactored }
}
