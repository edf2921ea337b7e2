import type { MobeShape } from './problem.ts'

/** Floating-point operations, multiply and add counted as two, of the products of one expert; entry-by-entry work is not counted. */
export interface MobeWork {
  /** Loss and gradient of A_e, alpha_e and B. */
  readonly joint: number
  /** The same with A_e solved for: two mixings, the normal equations, a Cholesky factor and its inverse, A_e. */
  readonly reduced: number
  /** A_e alone. */
  readonly solve: number
  /** What_e from the factors. */
  readonly rebuild: number
}

/** What one expert of `shape` costs. */
export function expertWork({ rows, columns, rank, bases, groups }: MobeShape): MobeWork {
  const mixing = 2 * (bases / groups) * rank * columns
  const product = 2 * rows * rank * columns
  // rank^3 / 3 for the factor and as much again for its inverse, then two products of A's size.
  const solve = mixing + 2 * rank * rank * columns + product + (2 / 3) * rank ** 3 + 4 * rows * rank * rank
  return { joint: 3 * product + 3 * mixing, reduced: solve + 2 * product + 3 * mixing, solve, rebuild: product + mixing }
}

/** Stacked Gram matrices, their eigenvectors (about 9 n^3), and every expert along them. */
export function publishedStartWork({ experts, bases, rows, columns, rank }: MobeShape): number {
  return experts * (2 * rows * columns ** 2 + 2 * rows * rank * columns) + bases * 9 * columns ** 3
}
