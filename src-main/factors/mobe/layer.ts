import type { ComputeSession } from '../../compute/session.ts'
import { hostTensor } from '../../compute/tensor-handle.ts'
import type { DeviceTensor } from '../../compute/tensor-handle.ts'
import type { ChunkShape } from './graphs.ts'
import { checkShape } from './problem.ts'
import type { MobeProblem, MobeShape } from './problem.ts'

/** The targets of a layer on the device: T_e diag(c) with T_e = W_e / std(W) and c the columns' weights. Close it in `finally`. */
export interface Layer {
  readonly shape: MobeShape
  /** std(W) over the whole layer; 1 for a layer of equal numbers. */
  readonly spread: number
  /** c (columns), of mean square 1. */
  readonly column: Float32Array
  readonly columnOnDevice: DeviceTensor
  readonly targets: readonly DeviceTensor[]
  /** ||T_e diag(c)||^2 by expert. */
  readonly energies: Float64Array
  dispose(): void
}

/** Columns whose inputs are nearly always 0 still count this much of the mean column, lest their weights become anything at all. */
const LEAST_COLUMN = 1e-3

/** c = root of E[x_j^2], of mean square 1. */
function columnScales(columnWeights: Float32Array | null, columns: number): Float32Array {
  if (columnWeights === null) return new Float32Array(columns).fill(1)
  if (columnWeights.length !== columns) throw new RangeError(`${columnWeights.length} column weights for ${columns} columns`)
  if (!columnWeights.every((value) => value >= 0 && value < Infinity))
    throw new RangeError('column weights must be finite and not negative')
  const mean = columnWeights.reduce((sum, value) => sum + value, 0) / columns
  if (mean === 0) return new Float32Array(columns).fill(1)
  return columnWeights.map((value) => Math.max(LEAST_COLUMN, Math.sqrt(value / mean)))
}

/** Reads one expert. Throws RangeError for the wrong size and for numbers that are not finite. */
export async function readExpert({ shape, weights }: MobeProblem, expert: number): Promise<Float32Array> {
  const matrix = await weights(expert)
  if (matrix.length !== shape.rows * shape.columns)
    throw new RangeError(`expert ${expert} has ${matrix.length} weights, not ${shape.rows} x ${shape.columns}`)
  if (!matrix.every(Number.isFinite)) throw new RangeError(`expert ${expert} has weights that are not finite`)
  return matrix
}

function standardDeviation(matrices: readonly Float32Array[]): number {
  let [sum, squares, count] = [0, 0, 0]
  for (const matrix of matrices) {
    for (const value of matrix) {
      sum += value
      squares += value * value
    }
    count += matrix.length
  }
  const variance = squares / count - (sum / count) ** 2
  return variance > 0 ? Math.sqrt(variance) : 1
}

/** Reads, scales and uploads every expert of the problem. Throws RangeError for sizes and numbers that cannot be. */
export async function openLayer(compute: ComputeSession, problem: MobeProblem): Promise<Layer> {
  const { shape } = problem
  checkShape(shape)
  const column = columnScales(problem.columnWeights, shape.columns)
  const matrices: Float32Array[] = []
  for (let e = 0; e < shape.experts; e++) matrices.push(await readExpert(problem, e))
  const spread = standardDeviation(matrices)
  const energies = new Float64Array(shape.experts)
  const targets: DeviceTensor[] = []
  for (const [e, matrix] of matrices.entries()) {
    const scaled = matrix.map((value, i) => (value / spread) * (column[i % shape.columns] as number))
    energies[e] = scaled.reduce((sum, value) => sum + value * value, 0)
    targets.push(await compute.upload(hostTensor(scaled, [shape.rows, shape.columns])))
    matrices[e] = new Float32Array(0)
  }
  const columnOnDevice = await compute.upload(hostTensor(column, [1, shape.columns]))
  return {
    shape,
    spread,
    column,
    columnOnDevice,
    targets,
    energies,
    dispose: () => [...targets, columnOnDevice].forEach((tensor) => tensor.dispose()),
  }
}

/** The sizes of a chunk of `experts` experts of the layer. */
export function chunkShape({ rows, columns, bases, rank, groups, experts: all, activation }: MobeShape, experts: number): ChunkShape {
  return { experts, rows, columns, bases: bases / groups, rank, activation, scale: 2 / (all * rows * columns) }
}

/** Values of S, R and their gradients that one run may hold, for each of about eight tensors. */
const CHUNK_VALUES = 2 ** 24

/** Cuts a list of experts into runs that fit the device, of nearly equal length. */
export function chunksOf({ rows, columns, rank }: MobeShape, experts: readonly number[]): number[][] {
  const largest = Math.max(1, Math.floor(CHUNK_VALUES / (Math.max(rows, rank) * columns)))
  return split(experts, Math.ceil(experts.length / largest))
}

/** A list in `parts` pieces whose lengths differ by one at most. */
export function split<T>(list: readonly T[], parts: number): T[][] {
  return Array.from({ length: parts }, (_, k) =>
    list.slice(Math.floor((k * list.length) / parts), Math.floor(((k + 1) * list.length) / parts)),
  )
}

/** Consecutive experts in groups of equal size. */
export function memberships({ experts, groups }: MobeShape): number[][] {
  return split(
    Array.from({ length: experts }, (_, e) => e),
    groups,
  )
}
