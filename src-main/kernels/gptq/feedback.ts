/** Where the weights of a block of columns go: the grid, and the codes it takes down. */
export interface Rounding {
  /** Columns of a block; errors reach the columns after a block all at once, when it is done. */
  readonly blockColumns: number
  /** Called before a block, every row of it final. `work` is (rows, columns). */
  openBlock?(work: Float64Array, start: number): void
  /** The stored value of work[row * columns + column]. Within a block, row after row, each from its first column to its last. */
  round(work: Float64Array, row: number, column: number): number
}

/**
 * Rounds `work` (rows, columns) column by column and feeds the errors to the columns after (see {@link GptqKernels}). `work` ends as
 * whatever the last column to reach it left. Every weight takes the errors of the columns before it one by one and in their order, so the
 * size of the blocks changes no bit of the result.
 * @param factor (columns, columns) R, null feeds nothing and counts every column alike
 * @returns (rows) sum_j e_j^2
 */
export function feedErrors(work: Float64Array, columns: number, factor: Float64Array | null, rounding: Rounding): Float64Array {
  const rows = work.length / columns
  const total = new Float64Array(rows)
  const errors = new Float64Array(rounding.blockColumns)
  const pending = new Float64Array(rows * rounding.blockColumns)
  for (let start = 0; start < columns; start += rounding.blockColumns) {
    const end = Math.min(columns, start + rounding.blockColumns)
    rounding.openBlock?.(work, start)
    for (let row = 0; row < rows; row++) {
      roundRow(work, row, start, end, columns, factor, rounding, errors, total)
      pending.set(errors, row * rounding.blockColumns)
    }
    if (factor !== null)
      for (let row = 0; row < rows; row++) passOn(work, row, start, end, columns, factor, pending, row * rounding.blockColumns)
  }
  return total
}

/** Rounds columns [start, end) of a row, each error at once to the rest of them. Fills `errors`, and adds their squares to total[row]. */
function roundRow(
  work: Float64Array,
  row: number,
  start: number,
  end: number,
  columns: number,
  factor: Float64Array | null,
  rounding: Rounding,
  errors: Float64Array,
  total: Float64Array,
): void {
  const base = row * columns
  for (let j = start; j < end; j++) {
    const rest = (work[base + j] as number) - rounding.round(work, row, j)
    const error = factor === null ? rest : rest / (factor[j * columns + j] as number)
    errors[j - start] = error
    total[row] = (total[row] as number) + error * error
    if (factor === null) continue
    for (let k = j + 1; k < end; k++) work[base + k] = (work[base + k] as number) - error * (factor[j * columns + k] as number)
  }
}

/**
 * The errors of columns [start, end), at `pending[at]` and after, to the columns from `end` on. Four columns a turn, one after the other.
 */
function passOn(
  work: Float64Array,
  row: number,
  start: number,
  end: number,
  columns: number,
  factor: Float64Array,
  pending: Float64Array,
  at: number,
): void {
  const base = row * columns
  let j = start
  for (; j + 4 <= end; j += 4) {
    const a = pending[at + j - start] as number
    const b = pending[at + j - start + 1] as number
    const c = pending[at + j - start + 2] as number
    const d = pending[at + j - start + 3] as number
    const first = j * columns
    const second = first + columns
    const third = second + columns
    const fourth = third + columns
    for (let k = end; k < columns; k++) {
      work[base + k] =
        (work[base + k] as number) -
        a * (factor[first + k] as number) -
        b * (factor[second + k] as number) -
        c * (factor[third + k] as number) -
        d * (factor[fourth + k] as number)
    }
  }
  for (; j < end; j++) {
    const error = pending[at + j - start] as number
    for (let k = end; k < columns; k++) work[base + k] = (work[base + k] as number) - error * (factor[j * columns + k] as number)
  }
}

/** (rows) dw H dw^T of stored values `decoded`, in the norm of R: the errors they would have been, had feedback led to them. */
export function hessianRowErrors(weights: Float32Array, decoded: Float32Array, columns: number, factor: Float64Array): Float64Array {
  return feedErrors(Float64Array.from(weights), columns, factor, {
    blockColumns: Math.min(128, columns),
    round: (_, row, column) => decoded[row * columns + column] as number,
  })
}
