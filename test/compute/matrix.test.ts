import { afterAll, describe, expect, test, vi } from 'vitest'
import { matrixMath } from '../../src-main/compute/matrix.ts'
import type { Matrix, ProductOptions } from '../../src-main/compute/matrix.ts'
import { openCompute } from '../../src-main/compute/session.ts'
import { seededRandom } from '../../src-main/tensor/random.ts'

const random = seededRandom(31)
const matrix = (rows: number, columns: number): Matrix => ({
  data: Float32Array.from({ length: rows * columns }, () => random() - 0.5),
  rows,
  columns,
})
const element = (m: Matrix, row: number, column: number, transpose: boolean): number =>
  m.data[transpose ? column * m.columns + row : row * m.columns + column] ?? NaN

/** The largest difference from the same product in float64 loops. */
function difference(found: Matrix, a: Matrix, b: Matrix, { transposeA = false, transposeB = false }: ProductOptions): number {
  const inner = transposeA ? a.rows : a.columns
  let largest = 0
  for (let i = 0; i < found.rows; i++) {
    for (let j = 0; j < found.columns; j++) {
      let sum = 0
      for (let p = 0; p < inner; p++) sum += element(a, i, p, transposeA) * element(b, p, j, transposeB)
      largest = Math.max(largest, Math.abs(sum - (found.data[i * found.columns + j] ?? NaN)))
    }
  }
  return largest
}

const forms: ProductOptions[] = [{}, { transposeA: true }, { transposeB: true }, { transposeA: true, transposeB: true }]

describe('products on the CPU', () => {
  const compute = openCompute({ device: 'cpu', threads: 1 })
  const math = matrixMath(compute)
  afterAll(() => compute.close())

  /** A product of (rows, inner) and (inner, columns) stored as `form` says. */
  const factors = (rows: number, inner: number, columns: number, form: ProductOptions): [Matrix, Matrix] => [
    form.transposeA === true ? matrix(inner, rows) : matrix(rows, inner),
    form.transposeB === true ? matrix(columns, inner) : matrix(inner, columns),
  ]

  test.each(forms)('%o', async (form) => {
    for (const [rows, inner, columns] of [
      [1, 1, 1],
      [3, 5, 7],
      [65, 130, 33],
    ] as const) {
      const [a, b] = factors(rows, inner, columns, form)
      const found = await math.product(a, b, form)
      expect([found.rows, found.columns]).toEqual([rows, columns])
      expect(difference(found, a, b, form)).toBeLessThan(2e-6)
    }
  })

  test.each(forms)('%o, in parts no larger than allowed', async (form) => {
    const run = vi.spyOn(compute, 'run')
    try {
      // 300 bytes: 75 numbers at most in any matrix of one run.
      const small = matrixMath(compute, 300)
      const [a, b] = factors(23, 31, 19, form)
      expect(difference(await small.product(a, b, form), a, b, form)).toBeLessThan(2e-6)
      expect(run.mock.calls.length).toBeGreaterThan(10)
      for (const [, feeds] of run.mock.calls) {
        for (const { dims } of Object.values(feeds)) expect((dims[0] ?? 0) * (dims[1] ?? 0)).toBeLessThanOrEqual(75)
      }
    } finally {
      run.mockRestore()
    }
  })

  test('the Gram matrix, whole and summed over parts of the tokens', async () => {
    const x = matrix(57, 12)
    for (const by of [math, matrixMath(compute, 12 * 12 * 4)]) {
      const found = await by.gram(x)
      expect([found.rows, found.columns]).toEqual([12, 12])
      expect(difference(found, x, x, { transposeA: true })).toBeLessThan(2e-6)
    }
  })

  test('of nothing is zeros', async () => {
    expect(await math.product(matrix(2, 0), matrix(0, 3))).toEqual({ data: new Float32Array(6), rows: 2, columns: 3 })
    expect((await math.product(matrix(0, 4), matrix(4, 3))).data).toEqual(new Float32Array(0))
  })

  test('leaves its factors alone, and reads views', async () => {
    const a = matrix(4, 4)
    const view = { data: a.data.subarray(4, 12), rows: 2, columns: 4 }
    const before = a.data.slice()
    expect(difference(await math.product(view, a), view, a, {})).toBeLessThan(2e-6)
    expect(a.data).toEqual(before)
  })

  test('refuses sizes that do not fit', async () => {
    await expect(math.product(matrix(2, 3), matrix(2, 3))).rejects.toThrow('no product of 2 x 3 with 2 x 3')
    await expect(math.gram({ data: new Float32Array(5), rows: 2, columns: 3 })).rejects.toThrow(RangeError)
  })
})
