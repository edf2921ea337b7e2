import { isExpertRole, tapOf } from '../architectures/parts.ts'
import type { Kernels } from '../kernels/kernels.ts'
import type { MoeLayer, MoeModel } from '../model/moe-model.ts'
import { storableType } from '../tensor/ggml-type.ts'
import type { GgmlTypeName } from '../tensor/ggml-type.ts'
import { seededRandom } from '../tensor/random.ts'
import { mapTypes, powerBefore } from './error-work.ts'
import type { ErrorWork } from './error-work.ts'
import { measureExpertErrors } from './expert-errors.ts'
import { importanceFor } from './importance.ts'
import { layerStatistics } from './layer-statistics.ts'
import { rowErrors, rowPowers } from './row-errors.ts'
import { sampleRows } from './sample-rows.ts'
import type { ModelStatistics } from './statistics.ts'
import { sourcesOf, storedTensors } from './stored-tensors.ts'
import type { StoredTensor } from './stored-tensors.ts'

/**
 * Error each tensor adds when stored as each type, by its name in the written file: power of the error relative to the power of the
 * signal it falls into (the residual stream after the attention block or after the experts; for the output matrix, the logits).
 */
export type EncodeErrors = Readonly<Record<string, Readonly<Partial<Record<GgmlTypeName, number>>>>>

export interface EncodeErrorOptions {
  /** Types wanted; rows they do not divide count as the type they fall back to. */
  readonly types: readonly GgmlTypeName[]
  /** Rows looked at in each stored tensor, experts together; all rows when it has no more. */
  readonly rowsPerTensor: number
  readonly seed: number
  readonly signal?: AbortSignal | undefined
  /** `done` of `total` layers; those outside the layers count as one. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined
}

/**
 * Encodes sampled rows of every matrix as every type and weighs the error with what calibration saw at its inputs. Assumes that errors of
 * different weights are independent, so that powers add. Throws the signal's reason, ExpectedError 'tensor-not-finite'.
 */
export async function measureEncodeErrors(
  model: MoeModel,
  statistics: ModelStatistics,
  kernels: Kernels,
  options: EncodeErrorOptions,
): Promise<EncodeErrors> {
  const random = seededRandom(options.seed)
  const tensors = storedTensors(model).filter((tensor) => !tensor.keptInF32)
  const errors: Record<string, Partial<Record<GgmlTypeName, number>>> = {}
  const embeddingPower = await powerOfEmbeddings(model, statistics, options.rowsPerTensor, random)
  const work = (tensor: StoredTensor): ErrorWork => {
    return { kernels, statistics, random, embeddingPower, rows: options.rowsPerTensor, types: storedTypes(tensor, options.types) }
  }
  const total = model.layers.length + 1
  for (const tensor of tensors.filter((one) => one.layer === null)) errors[tensor.name] = await outsideErrors(model, tensor, work(tensor))
  for (const [index, layer] of model.layers.entries()) {
    options.signal?.throwIfAborted()
    options.onProgress?.(index + 1, total)
    const own = tensors.filter((one) => one.layer === layer.index)
    for (const tensor of own) if (!isExpertRole(tensor.role)) errors[tensor.name] = await denseErrors(model, layer, tensor, work(tensor))
    const experts = own.filter((one) => isExpertRole(one.role))
    Object.assign(
      errors,
      await measureExpertErrors(
        layer,
        experts.map((tensor) => ({ tensor, work: work(tensor) })),
        options.signal,
      ),
    )
  }
  options.onProgress?.(total, total)
  return errors
}

/** The types the tensor's rows can really hold, each once. */
function storedTypes(tensor: StoredTensor, wanted: readonly GgmlTypeName[]): GgmlTypeName[] {
  const stored = wanted.map((type) => storableType(type, tensor.columns))
  return [...new Set(stored)]
}

/**
 * A relative error of a matrix that exists once is taken as the same relative error of its block's output: of attention, or of the
 * feed-forward. Exact for the block's last matrix; for the others the sensitivity measured afterwards carries the rest.
 */
async function denseErrors(
  model: MoeModel,
  layer: MoeLayer,
  tensor: StoredTensor,
  work: ErrorWork,
): Promise<Partial<Record<GgmlTypeName, number>>> {
  const { statistics } = work
  const powers = layerStatistics(statistics, layer.index)
  const tap = tapOf(tensor.role)
  const isFeedForward = tap === 'common' || tap === 'commonDown'
  const [block, stream] = isFeedForward
    ? [powers.expertsPower, powers.residualPower]
    : [powers.attentionPower, powerBefore(work, layer.index) + powers.attentionPower]
  const importance = importanceFor(statistics, tensor, 0)
  const [source] = sourcesOf(model, tensor)
  if (source === undefined) throw new RangeError(`${tensor.name} has no source`)
  const sample = await sampleRows(source, work.rows, work.random)
  const signal = sum(rowPowers(sample.weights, null, tensor.columns, importance))
  return mapTypes(work.types, (type) => {
    const error = sum(rowErrors(work.kernels, type, sample.weights, tensor.columns, importance, importance))
    return signal === 0 ? 0 : ((error / signal) * block) / stream
  })
}

/** Mean ||.||^2 of the embeddings the calibration text read, from sampled rows. */
async function powerOfEmbeddings(model: MoeModel, statistics: ModelStatistics, rows: number, random: () => number): Promise<number> {
  const sample = await sampleRows(model.embedding, rows, random)
  const reads = Float64Array.from(sample.rows, (row) => statistics.tokenCounts[row] as number)
  const total = sum(reads)
  const powers = rowPowers(sample.weights, null, model.shape.hidden, null)
  return total === 0 ? sum(powers) / powers.length : sum(powers, reads) / total
}

/** Embedding: rows weighted by how often their token was read. Output: columns by what reaches them. A tied matrix does both. */
async function outsideErrors(model: MoeModel, tensor: StoredTensor, work: ErrorWork): Promise<Partial<Record<GgmlTypeName, number>>> {
  const { statistics, kernels } = work
  const sample = await sampleRows(tensor.role === 'output' ? model.output : model.embedding, work.rows, work.random)
  const encodedFor = importanceFor(statistics, tensor, 0)
  const reads = Float64Array.from(sample.rows, (row) => statistics.tokenCounts[row] as number)
  const relative = (type: GgmlTypeName, weightedBy: Float32Array | null, perRow: Float64Array | null): number => {
    const signal = sum(rowPowers(sample.weights, null, tensor.columns, weightedBy), perRow)
    const error = sum(rowErrors(kernels, type, sample.weights, tensor.columns, encodedFor, weightedBy), perRow)
    return signal === 0 ? 0 : error / signal
  }
  return mapTypes(work.types, (type) => {
    const read = tensor.role === 'embedding' ? relative(type, null, reads) : 0
    const written = tensor.role === 'output' || tensor.alsoOutput ? relative(type, encodedFor, null) : 0
    return read + written
  })
}

function sum(values: Float64Array, weights: Float64Array | null = null): number {
  return values.reduce((total, value, index) => total + value * (weights === null ? 1 : (weights[index] as number)), 0)
}
