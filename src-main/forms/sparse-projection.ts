import type { ResidualForm } from '../contract/form.ts'

/** P (rows, in) of a residual, by its nonzeros: row q has `nonzeros` of them, at `positions`, with `values`. */
export interface SparseProjection {
  readonly rows: number
  readonly nonzeros: number
  readonly positions: Int32Array // (rows, nonzeros)
  readonly values: Float32Array // (rows, nonzeros)
}

/**
 * A projection P (rows, columns) of signs: each row has `nonzeros` different positions with +-1/sqrt(nonzeros), so that it has norm 1.
 * All of it follows from `seed`, by integer arithmetic that any language repeats: a stream of 32-bit numbers u (splitmix32)
 *
 *   s = s + 0x9e3779b9;  z = (s ^ s >> 16) * 0x21f0aaad;  z = (z ^ z >> 15) * 0x735a2d97;  u = z ^ z >> 15      all modulo 2^32
 *
 * from s = seed modulo 2^32. For each nonzero of each row: position floor(u * columns / 2^32), drawn again while the row has it already;
 * then one more u, whose highest bit set means minus. Sparse sign projections: Achlioptas, JCSS 66 (2003). Throws RangeError when a row
 * cannot have that many positions.
 */
export function signedProjection(rows: number, columns: number, nonzeros: number, seed: number): SparseProjection {
  if (nonzeros > columns) throw new RangeError(`${nonzeros} nonzeros in a row of ${columns}`)
  const next = stream(seed)
  const positions = new Int32Array(rows * nonzeros)
  const values = new Float32Array(rows * nonzeros)
  const magnitude = Math.fround(1 / Math.sqrt(nonzeros))
  for (let row = 0; row < rows; row++) {
    const taken = new Set<number>()
    for (let i = row * nonzeros; i < (row + 1) * nonzeros; i++) {
      let position = Math.floor((next() * columns) / 2 ** 32)
      while (taken.has(position)) position = Math.floor((next() * columns) / 2 ** 32)
      taken.add(position)
      positions[i] = position
      values[i] = next() >= 2 ** 31 ? -magnitude : magnitude
    }
  }
  return { rows, nonzeros, positions, values }
}

function stream(seed: number): () => number {
  let state = (seed % 2 ** 32) >>> 0
  return () => {
    state = (state + 0x9e3779b9) >>> 0
    let z = Math.imul(state ^ (state >>> 16), 0x21f0aaad)
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97)
    return (z ^ (z >>> 15)) >>> 0
  }
}

/** P that selects columns: row q is the unit vector of `columns[q]`. */
export function selectingProjection(columns: Int32Array): SparseProjection {
  return { rows: columns.length, nonzeros: 1, positions: columns, values: new Float32Array(columns.length).fill(1) }
}

/** The projection of a residual for matrices of `columns` input columns; `selected` are the kept columns of a 'columns' residual. */
export function residualProjection(residual: ResidualForm, columns: number, selected: Int32Array | null): SparseProjection {
  if (residual.kind === 'signs') return signedProjection(residual.rows, columns, residual.nonzeros, residual.seed)
  if (selected === null) throw new RangeError('a residual on columns without its columns')
  return selectingProjection(selected)
}

/** target (out, columns) += correction (out, P.rows) P */
export function addProjected(target: Float32Array, correction: Float32Array, projection: SparseProjection, columns: number): void {
  const { rows, nonzeros, positions, values } = projection
  const out = correction.length / rows
  for (let row = 0; row < out; row++) {
    for (let q = 0; q < rows; q++) {
      const amount = correction[row * rows + q] as number
      for (let i = q * nonzeros; i < (q + 1) * nonzeros; i++) {
        const at = row * columns + (positions[i] as number)
        target[at] = (target[at] as number) + amount * (values[i] as number)
      }
    }
  }
}
