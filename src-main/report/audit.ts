import type { TensorAudit } from '../contract/report.ts'
import { rowCount } from '../tensor/pieces.ts'
import type { LazyTensor } from '../tensor/tensor.ts'

/** Most weights of one tensor that are read back; larger tensors are judged by evenly spaced runs of rows. */
const SAMPLED_WEIGHTS = 4 << 20

/** Rows read together from a sampled tensor. */
const RUN_ROWS = 8

/** One tensor to compare: as the checkpoint had it and as the written file decodes it. */
export interface AuditPair {
  readonly layer: number | null
  readonly role: string
  /** Expert number, where the pair is one expert's own matrix. */
  readonly expert?: number
  /** One source for a plain tensor; one per expert for a stacked one, in the order they are stacked. */
  readonly sources: readonly LazyTensor[]
  /** The written tensor; its rows are the sources' rows one after the other. */
  readonly written: LazyTensor
  /** Importance a_j of each column per source, or null for all alike; as many entries as sources. (sources, columns) */
  readonly importance: readonly (Float32Array | null)[]
}

/**
 * Relative weighted error of one written tensor: sqrt(sum a_j (w_j - decoded_j)^2 / sum a_j w_j^2) over all rows of all sources, or
 * over evenly spaced runs of rows when there are more than 4 million weights. 0 for a tensor of zeros that stayed zeros, 1 for one
 * that did not. Where every importance is zero (an expert calibration never reached) all columns count alike.
 */
export async function auditTensor(pair: AuditPair, sampledWeights = SAMPLED_WEIGHTS): Promise<TensorAudit> {
  const columns = pair.written.shape.at(-1) ?? 1
  const rowsPerSource = rowCount(pair.written) / pair.sources.length
  let lost = 0
  let power = 0
  let compared = 0
  for (const [s, source] of pair.sources.entries()) {
    for (const { start, count } of sampledRuns(rowsPerSource, columns, sampledWeights / pair.sources.length)) {
      const weights = await source.readRows(start, count)
      const decoded = await pair.written.readRows(s * rowsPerSource + start, count)
      const sums = weightedSums(weights, decoded, columns, usable(pair.importance[s] ?? null))
      lost += sums.lost
      power += sums.power
      compared += count
    }
  }
  return {
    tensor: pair.written.name,
    layer: pair.layer,
    role: pair.role,
    ...(pair.expert === undefined ? {} : { expert: pair.expert }),
    from: pair.sources[0]?.storage ?? '',
    to: pair.written.storage,
    bytes: pair.written.bytes,
    weights: rowCount(pair.written) * columns,
    relativeError: relativeError(lost, power),
    sampledRows: compared / rowCount(pair.written),
  }
}

function relativeError(lost: number, power: number): number {
  if (lost === 0) return 0
  return power === 0 ? 1 : Math.sqrt(lost / power)
}

function usable(importance: Float32Array | null): Float32Array | null {
  return importance?.some((a) => a > 0) === true ? importance : null
}

/** The runs of rows to read: all of them in one run when they are few, otherwise runs of RUN_ROWS at even distances. */
function sampledRuns(rows: number, columns: number, weights: number): { start: number; count: number }[] {
  if (rows * columns <= weights) return [{ start: 0, count: rows }]
  const runs = Math.max(1, Math.floor(weights / (RUN_ROWS * columns)))
  return Array.from({ length: runs }, (_, i) => {
    const start = Math.min(rows - 1, Math.floor((i * rows) / runs))
    return { start, count: Math.min(RUN_ROWS, rows - start) }
  })
}

function weightedSums(
  weights: Float32Array,
  decoded: Float32Array,
  columns: number,
  importance: Float32Array | null,
): { lost: number; power: number } {
  let lost = 0
  let power = 0
  for (let row = 0; row < weights.length; row += columns) {
    for (let j = 0; j < columns; j++) {
      const w = weights[row + j] as number
      const difference = w - (decoded[row + j] as number)
      const a = importance === null ? 1 : (importance[j] as number)
      lost += a * difference * difference
      power += a * w * w
    }
  }
  return { lost, power }
}
