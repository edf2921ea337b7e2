import type { Matrix } from '../compute/matrix.ts'

/** a b by a plain loop that runs along rows of b: for tests and small models; `MatrixMath.product` is the one for large ones. */
export async function multiplyPlainly(a: Matrix, b: Matrix): Promise<Matrix> {
  const data = new Float32Array(a.rows * b.columns)
  for (let row = 0; row < a.rows; row++) {
    const target = data.subarray(row * b.columns, (row + 1) * b.columns)
    for (let k = 0; k < a.columns; k++) {
      const factor = a.data[row * a.columns + k] as number
      const source = b.data.subarray(k * b.columns, (k + 1) * b.columns)
      for (let column = 0; column < target.length; column++)
        target[column] = (target[column] as number) + factor * (source[column] as number)
    }
  }
  return { data, rows: a.rows, columns: b.columns }
}
