import type { Matrix } from '../compute/matrix.ts'
import { fitLeft, ridgedCholesky } from './fit-left.ts'
import { subtract, dot, matrixOf } from './math.ts'
import type { FactorMath } from './math.ts'
import type { BasisMember, CommonNorm } from './shared-basis.ts'

/** Members of a group with the weight of each, read one at a time, again in every sweep. */
export interface WeightedMember extends BasisMember {
  readonly weight: number
}

/**
 * Alternating least squares for min sum_e w_e ||(W_e - A_e B) S_e||_F^2: A_e in closed form, then a step of B,
 *
 *   B + N^-1 G M^-1     N = sum w_e A_e^T A_e     G = sum w_e A_e^T (W_e - A_e B) M_e     M: the common moment
 *
 * which is the best B where all experts have the common moment, and a preconditioned gradient step where they do not. A sweep that does not
 * lower the error ends it, so the error never rises. Each sweep reads every member once.
 */
export async function refineBasis(
  math: FactorMath,
  members: () => AsyncIterable<WeightedMember>,
  start: Matrix,
  norm: CommonNorm | null,
  sweeps: number,
): Promise<Matrix> {
  let best = start
  let trial = start
  let least = Infinity
  for (let sweep = 0; sweep <= sweeps && start.rows > 0; sweep++) {
    const { error, normal, gradient } = await pass(math, members(), trial)
    if (!(error < least)) return best
    best = trial
    least = error
    if (sweep < sweeps) trial = await step(math, trial, normal, gradient, norm)
  }
  return best
}

interface Pass {
  readonly error: number
  readonly normal: Float64Array // (rank, rank)
  readonly gradient: Float64Array // (rank, columns)
}

async function pass(math: FactorMath, members: AsyncIterable<WeightedMember>, basis: Matrix): Promise<Pass> {
  const { matrices } = math
  const normal = new Float64Array(basis.rows ** 2)
  const gradient = new Float64Array(basis.rows * basis.columns)
  let error = 0
  for await (const { w, moment, weight } of members) {
    const left = matrixOf(await fitLeft(math, w, moment, basis), w.rows, basis.rows)
    const rest = matrixOf(subtract(w.data, (await matrices.product(left, basis)).data), w.rows, w.columns)
    const weighted = moment === null ? rest : await matrices.product(rest, matrixOf(moment, w.columns, w.columns))
    error += weight * dot(rest.data, weighted.data)
    addScaled(normal, (await matrices.gram(left)).data, weight)
    addScaled(gradient, (await matrices.product(left, weighted, { transposeA: true })).data, weight)
  }
  return { error, normal, gradient }
}

async function step(
  { algebra }: FactorMath,
  basis: Matrix,
  normal: Float64Array,
  gradient: Float64Array,
  norm: CommonNorm | null,
): Promise<Matrix> {
  const { rows, columns } = basis
  const solved = algebra.solveCholesky(ridgedCholesky(algebra, normal, rows), rows, gradient, columns)
  const direction = norm === null ? solved : byInverse(algebra, solved, rows, columns, norm.inverse)
  return { rows, columns, data: basis.data.map((value, i) => value + (direction[i] as number)) }
}

/** x M^-1 = (x S^-T) S^-1 */
function byInverse(algebra: FactorMath['algebra'], x: Float64Array, rows: number, n: number, inverse: Float64Array): Float64Array {
  const turned = new Float64Array(n * n)
  for (let i = 0; i < n; i++) for (let j = 0; j <= i; j++) turned[j * n + i] = inverse[i * n + j] as number
  return algebra.product(algebra.product(x, rows, n, turned, n), rows, n, inverse, n)
}

/** sum += scale x */
export function addScaled(sum: Float64Array, x: ArrayLike<number>, scale: number): void {
  for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] as number) + scale * (x[i] as number)
}
