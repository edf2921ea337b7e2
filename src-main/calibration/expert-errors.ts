import type { Expert, MoeLayer } from '../model/moe-model.ts'
import type { GgmlTypeName } from '../tensor/ggml-type.ts'
import type { ErrorWork } from './error-work.ts'
import { importanceFor } from './importance.ts'
import { layerStatistics } from './layer-statistics.ts'
import { rowErrors, rowPowers } from './row-errors.ts'
import { sampleRows } from './sample-rows.ts'
import type { RowSample } from './sample-rows.ts'
import type { LayerStatistics } from './statistics.ts'
import type { StoredTensor } from './stored-tensors.ts'

/** One stacked tensor and what its errors are measured with. */
export interface ExpertWork {
  readonly tensor: StoredTensor
  readonly work: ErrorWork
}

/** Sums of error power per type, of one stacked tensor. */
type Powers = Map<GgmlTypeName, number>

/**
 * Errors of a layer's stacked expert matrices, as power in the layer's output relative to the residual stream.
 *
 *   down:      sum_e sum_j E[g^2 h_ej^2] ||dW_e[:, j]||^2                       exact but for correlations
 *   gate, up:  sum_e sum_i E[g^2 h_ei^2] ||D_e[:, i]||^2 (relative error of row i)  the relative error of a channel's input is taken as
 * that of h_i
 *
 * with g the final gate, h the input of down, D the down matrix, E over all tokens.
 */
export async function measureExpertErrors(
  layer: MoeLayer,
  tensors: readonly ExpertWork[],
  signal: AbortSignal | undefined,
): Promise<Record<string, Partial<Record<GgmlTypeName, number>>>> {
  const powers = tensors.map((): Powers => new Map())
  for (const [number, expert] of layer.experts.entries()) {
    signal?.throwIfAborted()
    await addExpert(layer, number, expert, tensors, powers)
  }
  const entries = tensors.map(({ tensor, work }, index) => {
    const { residualPower } = layerStatistics(work.statistics, layer.index)
    const relative = [...(powers[index] ?? [])].map(([type, power]) => [type, power / residualPower])
    return [tensor.name, Object.fromEntries(relative)]
  })
  return Object.fromEntries(entries)
}

async function addExpert(
  layer: MoeLayer,
  number: number,
  expert: Expert,
  tensors: readonly ExpertWork[],
  powers: readonly Powers[],
): Promise<void> {
  const down = tensors.find(({ tensor }) => tensor.role === 'expertDown')
  if (down === undefined) throw new RangeError(`layer ${layer.index} has no down matrices`)
  const rows = Math.max(1, Math.ceil(down.work.rows / layer.experts.length))
  const own = layerStatistics(down.work.statistics, layer.index)
  const downSample = await sampleRows(expert.down, rows, down.work.random)
  const channels = gatedChannelPower(own, number)
  const channelsOut = channelOutputPower(downSample, channels)
  for (const [index, { tensor, work }] of tensors.entries()) {
    const importance = importanceFor(work.statistics, tensor, number)
    const sample =
      tensor.role === 'expertDown'
        ? downSample
        : await sampleRows(tensor.role === 'expertGate' ? expert.gate : expert.up, rows, work.random)
    for (const type of work.types) {
      const power =
        tensor.role === 'expertDown'
          ? downPower(work, type, sample, tensor.columns, importance, channels)
          : channelPower(work, type, sample, tensor.columns, importance, channelsOut)
      powers[index]?.set(type, (powers[index]?.get(type) ?? 0) + power)
    }
  }
}

/** E[g^2 h_j^2] of one expert's down inputs, over all tokens of the layer. (width) */
function gatedChannelPower(statistics: LayerStatistics, expert: number): Float32Array {
  const { gatedDownInput, tokens } = statistics.experts
  const width = gatedDownInput.length / tokens.length
  return Float32Array.from(gatedDownInput.subarray(expert * width, (expert + 1) * width), (sum) => sum / Math.max(1, statistics.tokens))
}

/** What each channel adds to the layer's output: E[g^2 h_i^2] ||D[:, i]||^2. (width) */
function channelOutputPower(down: RowSample, channels: Float32Array): Float64Array {
  const out = new Float64Array(channels.length)
  for (let at = 0; at < down.weights.length; at++) {
    const channel = at % channels.length
    out[channel] = (out[channel] as number) + down.scale * (channels[channel] as number) * (down.weights[at] as number) ** 2
  }
  return out
}

function downPower(
  work: ErrorWork,
  type: GgmlTypeName,
  sample: RowSample,
  columns: number,
  importance: Float32Array | null,
  channels: Float32Array,
): number {
  const errors = rowErrors(work.kernels, type, sample.weights, columns, importance, channels)
  return sample.scale * errors.reduce((sum, error) => sum + error, 0)
}

function channelPower(
  work: ErrorWork,
  type: GgmlTypeName,
  sample: RowSample,
  columns: number,
  importance: Float32Array | null,
  channelsOut: Float64Array,
): number {
  const errors = rowErrors(work.kernels, type, sample.weights, columns, importance, importance)
  const powers = rowPowers(sample.weights, null, columns, importance)
  let total = 0
  for (const [index, row] of sample.rows.entries()) {
    const power = powers[index] as number
    if (power > 0) total += (channelsOut[row] as number) * ((errors[index] as number) / power)
  }
  return sample.scale * total
}
