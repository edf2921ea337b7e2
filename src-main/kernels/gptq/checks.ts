import { wholeRows } from '../shape.ts'
import type { GroupInput } from './gptq.ts'

/** Rows of a matrix to quantize with feedback. Throws RangeError when something does not fit or is not finite: a caller's bug. */
export function rowsToFeed(weights: Float32Array, columns: number, factor: Float64Array | null, importance: Float32Array | null): number {
  const rows = wholeRows(weights.length, columns, importance)
  if (!allFinite(weights)) throw new RangeError('weights are not all finite')
  if (factor === null) return rows
  if (factor.length !== columns * columns) throw new RangeError(`a factor of ${factor.length} numbers for ${columns} columns`)
  if (!allFinite(factor)) throw new RangeError('the factor is not finite')
  for (let j = 0; j < columns; j++) {
    if (!((factor[j * columns + j] as number) > 0)) throw new RangeError(`the factor has ${factor[j * columns + j]} on its diagonal`)
  }
  return rows
}

/** Rows and groups a row of {@link GroupInput}; throws RangeError as {@link rowsToFeed}. */
export function groupShape({ weights, columns, factor, groupSize }: GroupInput): { rows: number; groups: number } {
  const rows = rowsToFeed(weights, columns, factor, null)
  return { rows, groups: groupsOf(columns, groupSize) }
}

/** Groups of a row. */
export function groupsOf(columns: number, groupSize: number): number {
  if (!Number.isInteger(groupSize) || groupSize <= 0 || columns % groupSize !== 0)
    throw new RangeError(`groups of ${groupSize} in rows of ${columns}`)
  return columns / groupSize
}

/** Rows of weights and their decoded values under a (columns, columns) Hessian. */
export function rowsToJudge(weights: Float32Array, decoded: Float32Array, columns: number, hessian: Float32Array | Float64Array): number {
  if (decoded.length !== weights.length) throw new RangeError(`${decoded.length} decoded values for ${weights.length} weights`)
  if (hessian.length !== columns * columns) throw new RangeError(`a Hessian of ${hessian.length} numbers for ${columns} columns`)
  return wholeRows(weights.length, columns, null)
}

/** A finite number times zero is zero, and only such a one. */
function allFinite(values: Float32Array | Float64Array): boolean {
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += (values[i] as number) * 0
  return sum === 0
}
