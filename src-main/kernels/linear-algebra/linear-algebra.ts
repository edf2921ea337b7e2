/**
 * Dense linear algebra in float64, on one thread: callers are parallel over experts. Matrices are row-major; results are new arrays, inputs
 * are never changed. Sizes that do not fit the arrays are RangeErrors. `reference.ts` is the definition; the addon agrees with it to 1e-10
 * relative to the result's norm where the problem is well conditioned (eigenvectors: as subspaces, their signs are free).
 */
export interface LinearAlgebra {
  /**
   * L of a = L L^T, lower triangular with zeros above. Only the lower triangle of `a` is read.
   * @param a (n, n)
   * @returns (n, n), or null when `a` is not positive definite or not finite
   */
  cholesky(a: Float64Array, n: number): Float64Array | null
  /** L^-1, lower triangular with zeros above. @param l (n, n), lower, its diagonal not zero; above it nothing is read. */
  invertLower(l: Float64Array, n: number): Float64Array
  /** x of (L L^T) x = b. @param l (n, n) of {@link cholesky} @param b (n, m) @returns (n, m) */
  solveCholesky(l: Float64Array, n: number, b: Float64Array, m: number): Float64Array
  /**
   * a = sum_i values_i v_i v_i^T with orthonormal v_i. Only the lower triangle of `a` is read. Errors are of the order of 1e-15 |a|, so
   * eigenvalues below that are noise. Throws RangeError for numbers that are not finite, or (never seen) when the iteration does not end.
   * @param a (n, n)
   */
  symmetricEigen(a: Float64Array, n: number): SymmetricEigen
  /** a b. @param a (rows, inner) @param b (inner, columns) @returns (rows, columns) */
  product(a: Float64Array, rows: number, inner: number, b: Float64Array, columns: number): Float64Array
}

/** Eigenvalues, falling (n), and eigenvectors (n, n): row i belongs to values[i]. */
export interface SymmetricEigen {
  readonly values: Float64Array
  readonly vectors: Float64Array
}

/** Throws RangeError unless `data` is a (rows, columns) matrix: a caller's bug. */
export function assertMatrix(data: Float64Array | Float32Array, rows: number, columns: number): void {
  if (!Number.isInteger(rows) || !Number.isInteger(columns) || rows < 0 || columns < 0)
    throw new RangeError(`a matrix can't be ${rows} x ${columns}`)
  if (data.length !== rows * columns) throw new RangeError(`${data.length} numbers are not a ${rows} x ${columns} matrix`)
}

/** Throws RangeError for a diagonal with a zero or a number that is not finite: there is no inverse. */
export function assertInvertible(l: Float64Array, n: number): void {
  assertMatrix(l, n, n)
  for (let i = 0; i < n; i++) {
    const pivot = l[i * n + i] as number
    if (pivot === 0 || !Number.isFinite(pivot)) throw new RangeError(`a triangular matrix with ${pivot} on its diagonal has no inverse`)
  }
}

/** The error of a matrix whose eigenvalues can't be found, thrown by every implementation. */
export function noEigenvalues(reason: 'not finite' | 'not converged'): RangeError {
  return new RangeError(
    reason === 'not finite' ? 'a matrix with numbers that are not finite has no eigenvalues' : 'the eigenvalues did not converge',
  )
}
