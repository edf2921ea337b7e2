import type { LinearAlgebra } from '../../kernels/linear-algebra/linear-algebra.ts'

/** Share of the mean diagonal added to the normal equations; raised where they are still singular in float32. */
const RIDGE = 1e-6

/**
 * L^-1 with L L^T = G + ridge for a Gram matrix of float32 rounding, so that x L^-T L^-1 solves x G = c; the ridge grows tenfold
 * until the factor exists. For G = 0 the identity: then c is 0 as well.
 * @param gram (n, n) @returns (n, n), lower triangular
 */
export function invertedFactor(algebra: LinearAlgebra, gram: Float32Array, n: number): Float32Array {
  const symmetric = new Float64Array(n * n)
  let trace = 0
  for (let i = 0; i < n; i++) {
    trace += gram[i * n + i] as number
    for (let j = 0; j < n; j++) symmetric[i * n + j] = ((gram[i * n + j] as number) + (gram[j * n + i] as number)) / 2
  }
  if (!Number.isFinite(trace)) throw new Error('the bases have grown beyond all numbers')
  const mean = trace > 0 ? trace / n : 1
  let added = 0
  for (let ridge = trace > 0 ? RIDGE : 1; ; ridge *= 10) {
    for (let i = 0; i < n; i++) symmetric[i * n + i] = (symmetric[i * n + i] as number) + ridge * mean - added
    added = ridge * mean
    const lower = algebra.cholesky(symmetric, n)
    if (lower !== null) return Float32Array.from(algebra.invertLower(lower, n))
    if (ridge > 1) throw new Error('normal equations that no ridge makes solvable')
  }
}
