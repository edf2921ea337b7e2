import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { product, transposed } from '../../src-main/kernels/linear-algebra/product.ts'
import { loadNativeKernels } from '../../src-main/kernels/native.ts'
import { referenceKernels } from '../../src-main/kernels/reference.ts'
import { distance, gramOf, identity, randomMatrix, recomposed, squareMatrix, withEigenvalues } from './linear-algebra-matrices.ts'

const { kernels, reason } = loadNativeKernels()
const skip = reason === null ? '' : ` (skipped: ${reason})`
const reference = referenceKernels.algebra
/** Around the sizes of the native blocks, and small ones. */
const sizes = [1, 2, 3, 4, 5, 8, 17, 33, 63, 64, 65, 100, 130, 193, 260]

const hilbert = (n: number): Float64Array => squareMatrix(n, (i, j) => 1 / (i + j + 1))
const steps = (n: number, base: number): number[] => Array.from({ length: n }, (_, i) => base ** i)

/** Symmetric matrices that are hard on eigenvalue solvers, with what is known of their eigenvalues. */
const symmetric: [name: string, n: number, a: Float64Array, values: number[] | null][] = [
  ['one number', 1, Float64Array.of(-3), [-3]],
  ['zeros', 6, new Float64Array(36), [0, 0, 0, 0, 0, 0]],
  ['the identity', 9, identity(9), Array.from({ length: 9 }, () => 1)],
  ['a diagonal, rising', 5, squareMatrix(5, (i, j) => (i === j ? i : 0)), [4, 3, 2, 1, 0]],
  ['swapped pairs', 4, Float64Array.of(0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 2, 0, 0, 2, 0), [2, 1, -1, -2]],
  [
    'repeated and negative',
    70,
    withEigenvalues([...Array.from({ length: 35 }, () => 2), ...Array.from({ length: 35 }, () => -1)], 41),
    null,
  ],
  ['rank 3', 90, gramOf(randomMatrix(90, 3, 42), 90, 3), null],
  ['graded over 30 decades', 31, squareMatrix(31, (i, j) => 10 ** (-(i + j) / 2)), null],
  ['Hilbert', 12, hilbert(12), null],
  ['huge numbers', 40, gramOf(randomMatrix(40, 50, 43), 40, 50).map((value) => value * 1e300), null],
  ['tiny numbers', 40, gramOf(randomMatrix(40, 50, 43), 40, 50).map((value) => value * 1e-300), null],
  ['neighbors coupled (Wilkinson)', 21, squareMatrix(21, (i, j) => (i === j ? Math.abs(10 - i) : Math.abs(i - j) === 1 ? 1 : 0)), null],
  ...sizes.map((n): [string, number, Float64Array, null] => [`random ${n}`, n, gramOf(randomMatrix(n, n + 3, n), n, n + 3), null]),
]

const implementations = [
  ['reference', reference],
  ['native', kernels?.algebra],
] as const

describe.each(implementations.filter(([, algebra]) => algebra !== undefined))('%s', (_name, algebra = reference) => {
  test.each(symmetric)('eigenvectors: %s', (_, n, a, known) => {
    const before = a.slice()
    const { values, vectors } = algebra.symmetricEigen(a, n)
    expect(a).toEqual(before)
    const size = Math.max(...a.map(Math.abs)) || 1
    expect(distance(product(vectors, n, n, transposed(vectors, n, n), n), identity(n))).toBeLessThan(1e-13)
    expect(distance(recomposed(values, vectors, n), a) / size).toBeLessThan(1e-14 * n)
    expect(values.every((value, i) => i === 0 || value <= (values[i - 1] ?? NaN))).toBe(true)
    if (known !== null) expect(distance(values, Float64Array.from(known))).toBeLessThan(1e-14)
  })

  test('eigenvalues of what is not finite are refused', () => {
    for (const bad of [NaN, Infinity, -Infinity]) {
      const a = identity(5)
      a[16] = bad
      expect(() => algebra.symmetricEigen(a, 5)).toThrow(RangeError)
    }
  })

  test('eigenvectors of nothing', () => {
    expect(algebra.symmetricEigen(new Float64Array(0), 0)).toEqual({ values: new Float64Array(0), vectors: new Float64Array(0) })
  })

  test.each(sizes)('Cholesky, inverse and solutions of %d', (n) => {
    const a = gramOf(randomMatrix(n, n + 5, 50 + n), n, n + 5, 0.1)
    // What is above the diagonal must not be read.
    const l = algebra.cholesky(
      a.map((value, at) => (at % n > Math.floor(at / n) ? NaN : value)),
      n,
    )
    if (l === null) throw new Error('not positive definite')
    expect(l.every((value, at) => at % n <= Math.floor(at / n) || value === 0)).toBe(true)
    expect(distance(product(l, n, n, transposed(l, n, n), n), a)).toBeLessThan(1e-13)
    const lower = algebra.invertLower(
      l.map((value, at) => (at % n > Math.floor(at / n) ? NaN : value)),
      n,
    )
    expect(lower.every((value, at) => at % n <= Math.floor(at / n) || value === 0)).toBe(true)
    expect(distance(product(lower, n, n, l, n), identity(n))).toBeLessThan(1e-12)
    for (const m of [1, 7]) {
      const b = randomMatrix(n, m, 60)
      expect(distance(product(a, n, n, algebra.solveCholesky(l, n, b, m), m), b)).toBeLessThan(1e-12)
    }
  })

  test('Cholesky of an ill-conditioned matrix leaves a small residual', () => {
    const n = 96
    const a = withEigenvalues(steps(n, 0.75), 61)
    const l = algebra.cholesky(a, n)
    expect(distance(product(l ?? new Float64Array(n * n), n, n, transposed(l ?? new Float64Array(n * n), n, n), n), a)).toBeLessThan(1e-14)
    const small = algebra.cholesky(hilbert(10), 10)
    expect(distance(product(small ?? hilbert(10), 10, 10, transposed(small ?? hilbert(10), 10, 10), 10), hilbert(10))).toBeLessThan(1e-15)
  })

  test('what has no Cholesky factor gives null', () => {
    const late = identity(150)
    late[149 * 150 + 149] = -1
    const nan = identity(150)
    nan[120 * 150 + 3] = NaN
    const infinite = identity(4)
    infinite[5] = Infinity
    const semi = Float64Array.of(1, 1, 1, 1)
    for (const [a, n] of [
      [new Float64Array(9), 3],
      [semi, 2],
      [late, 150],
      [nan, 150],
      [infinite, 4],
      [Float64Array.of(-1), 1],
    ] as const) {
      expect(algebra.cholesky(a, n)).toBeNull()
    }
  })

  test('a triangle with nothing on its diagonal has no inverse', () => {
    expect(() => algebra.invertLower(Float64Array.of(1, 0, 5, 0), 2)).toThrow(RangeError)
    expect(() => algebra.solveCholesky(Float64Array.of(NaN), 1, Float64Array.of(1), 1)).toThrow(RangeError)
  })

  test('products', () => {
    for (const [rows, inner, columns] of [
      [1, 1, 1],
      [0, 3, 2],
      [2, 0, 3],
      [5, 7, 3],
      [97, 300, 513],
      [33, 257, 31],
    ] as const) {
      const a = randomMatrix(rows, inner, 70)
      const b = randomMatrix(inner, columns, 71)
      const expected = new Float64Array(rows * columns)
      for (let i = 0; i < rows; i++) {
        for (let j = 0; j < columns; j++) {
          for (let p = 0; p < inner; p++)
            expected[i * columns + j] = (expected[i * columns + j] ?? 0) + (a[i * inner + p] ?? 0) * (b[p * columns + j] ?? 0)
        }
      }
      expect(distance(algebra.product(a, rows, inner, b, columns), expected)).toBeLessThan(1e-12)
    }
  })

  test('sizes that do not fit are refused', () => {
    const four = new Float64Array(4)
    expect(() => algebra.cholesky(four, 3)).toThrow(RangeError)
    expect(() => algebra.symmetricEigen(four, 1)).toThrow(RangeError)
    expect(() => algebra.product(four, 2, 2, four, 3)).toThrow(RangeError)
    expect(() => algebra.product(four, -2, -2, four, 2)).toThrow(RangeError)
    expect(() => algebra.solveCholesky(identity(2), 2, four, 3)).toThrow(RangeError)
  })
})

describe.skipIf(kernels === null)(`the addon agrees with the reference to 1e-10${skip}`, () => {
  const algebra = kernels?.algebra ?? reference

  test.each(sizes)('size %d', (n) => {
    const a = gramOf(randomMatrix(n, n + 5, 80 + n), n, n + 5, 0.01)
    const l = reference.cholesky(a, n) ?? new Float64Array(0)
    const size = (x: Float64Array): number => Math.max(...x.map(Math.abs))
    const b = randomMatrix(n, 3, 81)
    const pairs: [Float64Array, Float64Array][] = [
      [algebra.cholesky(a, n) ?? new Float64Array(1), l],
      [algebra.invertLower(l, n), reference.invertLower(l, n)],
      [algebra.solveCholesky(l, n, b, 3), reference.solveCholesky(l, n, b, 3)],
      [algebra.product(a, n, n, b, 3), reference.product(a, n, n, b, 3)],
      [algebra.symmetricEigen(a, n).values, reference.symmetricEigen(a, n).values],
    ]
    for (const [found, expected] of pairs) expect(distance(found, expected) / size(expected)).toBeLessThan(1e-10)
  })

  test.each(['avx2', 'baseline'])('on older processors: %s', (variant) => {
    const printed = execFileSync(process.execPath, [join(import.meta.dirname, 'linear-algebra-variant.ts')], {
      env: { ...process.env, WHITTLE_KERNELS_VARIANT: variant, NODE_OPTIONS: '' },
      encoding: 'utf8',
    })
    expect(JSON.parse(printed)).toBeLessThan(1e-10)
  })

  test('eigenvectors, as subspaces', () => {
    const n = 60
    const a = withEigenvalues(
      Array.from({ length: n }, (_, i) => (i < 20 ? 3 : 1)),
      82,
    )
    const projector = ({ vectors }: { vectors: Float64Array }): Float64Array =>
      product(transposed(vectors.slice(0, 20 * n), 20, n), n, 20, vectors.slice(0, 20 * n), n)
    expect(distance(projector(algebra.symmetricEigen(a, n)), projector(reference.symmetricEigen(a, n)))).toBeLessThan(1e-10)
  })
})
