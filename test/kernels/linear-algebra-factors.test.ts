import { describe, expect, test } from 'vitest'
import { effectiveRank } from '../../src-main/kernels/linear-algebra/effective-rank.ts'
import { hessianFactor } from '../../src-main/kernels/linear-algebra/hessian-factor.ts'
import { product, transposed } from '../../src-main/kernels/linear-algebra/product.ts'
import { thinSvd } from '../../src-main/kernels/linear-algebra/thin-svd.ts'
import { loadKernels } from '../../src-main/kernels/load.ts'
import { referenceKernels } from '../../src-main/kernels/reference.ts'
import { distance, gramOf, identity, inverse, randomMatrix, squareMatrix } from './linear-algebra-matrices.ts'

const implementations = [
  ['reference', referenceKernels.algebra],
  ['the fastest', loadKernels().kernels.algebra],
] as const

describe.each(implementations)("GPTQ's factor, %s", (_, algebra) => {
  /** R^T R H - I, and whether R is upper triangular. */
  const check = (r: Float64Array | null, h: Float64Array, n: number): void => {
    const factor = r ?? new Float64Array(0)
    expect(factor.length).toBe(n * n)
    expect(factor.every((value, at) => at % n >= Math.floor(at / n) || value === 0)).toBe(true)
    const expected = inverse(h, n)
    expect(distance(product(transposed(factor, n, n), n, n, factor, n), expected)).toBeLessThan(1e-10 * Math.max(...expected.map(Math.abs)))
  }

  test.each([1, 2, 5, 40, 70, 150])('its square is the inverse, size %d', (n) => {
    const h = gramOf(randomMatrix(n, 2 * n, 90 + n), n, 2 * n)
    check(hessianFactor(algebra, h, n, 0), h, n)
    const mean = h.reduce((sum, value, at) => sum + (at % (n + 1) === 0 ? value : 0), 0) / n
    check(
      hessianFactor(algebra, h, n, 0.01),
      h.map((value, at) => value + (at % (n + 1) === 0 ? 0.01 * mean : 0)),
      n,
    )
  })

  test('columns no input reached count as independent ones, and not in the mean', () => {
    const h = Float64Array.of(4, 0, 1, 0, 0, 0, 1, 0, 2)
    const before = h.slice()
    check(hessianFactor(algebra, h, 3, 0.1), Float64Array.of(4.3, 0, 1, 0, 1.3, 0, 1, 0, 2.3), 3)
    expect(h).toEqual(before)
    check(hessianFactor(algebra, new Float32Array(9), 3, 0.01), identity(3), 3)
  })

  test('damping is doubled until the matrix is positive definite', () => {
    // Eigenvalues 3 and -1, mean diagonal 1: damping 0.3, 0.6 fail, 1.2 is enough and the last tried.
    check(hessianFactor(algebra, Float64Array.of(1, 2, 2, 1), 2, 0.3), Float64Array.of(2.2, 2, 2, 2.2), 2)
    expect(hessianFactor(algebra, Float64Array.of(1, 3, 3, 1), 2, 0.3)).toBeNull()
    // Rank 1: nothing but damping makes it definite, and 0 can't be doubled.
    expect(hessianFactor(algebra, Float64Array.of(1, 1, 1, 1), 2, 0)).not.toBeNull()
  })

  test('what is not finite gives null', () => {
    expect(hessianFactor(algebra, Float32Array.of(1, NaN, NaN, 1), 2, 0.01)).toBeNull()
    expect(hessianFactor(algebra, Float32Array.of(Infinity), 1, 0.01)).toBeNull()
  })
})

describe.each(implementations)('thin singular value decomposition, %s', (_, algebra) => {
  const low = (rows: number, rank: number, columns: number): Float64Array =>
    product(randomMatrix(rows, rank, 100), rows, rank, randomMatrix(rank, columns, 101), columns)
  const cases: [string, number, number, Float64Array | Float32Array][] = [
    ['wide', 40, 70, Float32Array.from(randomMatrix(40, 70, 102))],
    ['tall', 90, 30, Float32Array.from(randomMatrix(90, 30, 103))],
    ['square', 65, 65, randomMatrix(65, 65, 104)],
    ['zeros', 12, 20, new Float32Array(240)],
    ['square zeros', 30, 30, new Float32Array(900)],
    ['rank 3', 60, 80, low(60, 3, 80)],
    ['rank 3, square', 80, 80, low(80, 3, 80)],
    ['rank 3, rounded to float32', 80, 60, Float32Array.from(low(80, 3, 60))],
    ['equal values', 30, 30, identity(30)],
    ['graded over 20 decades', 60, 60, squareMatrix(60, (i, j) => 10 ** (-i / 3) * Math.cos(i * j + i))],
    ['one row', 1, 9, randomMatrix(1, 9, 105)],
    ['one column', 9, 1, randomMatrix(9, 1, 106)],
    ['one number', 1, 1, Float32Array.of(-3)],
    ['large numbers', 20, 30, Float32Array.from(randomMatrix(20, 30, 107), (value) => value * 1e37)],
    ['no rows', 0, 4, new Float32Array(0)],
  ]

  test.each(cases)('%s', (__, rows, columns, w) => {
    const { u, s, v } = thinSvd(algebra, w, rows, columns)
    const k = Math.min(rows, columns)
    expect([u.length, s.length, v.length]).toEqual([rows * k, k, k * columns])
    expect(distance(product(transposed(u, rows, k), k, rows, u, k), identity(k))).toBeLessThan(1e-10)
    expect(distance(product(v, k, columns, transposed(v, k, columns), k), identity(k))).toBeLessThan(1e-10)
    const back = product(
      u.map((value, at) => value * (s[at % k] ?? NaN)),
      rows,
      k,
      v,
      columns,
    )
    expect(distance(back, Float64Array.from(w)) / (s[0] || 1)).toBeLessThan(1e-13)
    expect(s.every((value, i) => value >= 0 && value <= (s[i - 1] ?? Infinity))).toBe(true)
  })

  test('small values beside large ones are right', () => {
    const n = 24
    const turn = algebra.symmetricEigen(gramOf(randomMatrix(n, n, 108), n, n), n).vectors
    const other = algebra.symmetricEigen(gramOf(randomMatrix(n, n, 109), n, n), n).vectors
    const values = Float64Array.from({ length: n }, (__, i) => 10 ** (-i / 2))
    const w = product(
      turn.map((value, at) => value * (values[at % n] ?? NaN)),
      n,
      n,
      other,
      n,
    )
    expect(distance(thinSvd(algebra, w, n, n).s, values)).toBeLessThan(1e-13)
  })

  test('numbers that are not finite are refused', () => {
    expect(() => thinSvd(algebra, Float32Array.of(1, NaN), 1, 2)).toThrow(RangeError)
  })
})

test('effective rank: between one direction and all alike', () => {
  expect(effectiveRank([5, 0, 0])).toBe(1)
  expect(effectiveRank([2, 2, 2, 2])).toBeCloseTo(4, 12)
  // p = 3/4, 1/4: exp(0.75 ln(4/3) + 0.25 ln 4).
  expect(effectiveRank(Float64Array.of(3, 1))).toBeCloseTo(Math.exp(0.75 * Math.log(4 / 3) + 0.25 * Math.log(4)), 12)
  expect(effectiveRank([0, 0])).toBe(0)
})
