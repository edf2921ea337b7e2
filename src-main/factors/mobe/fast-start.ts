import { defineGraph } from '../../compute/graph.ts'
import { hostTensor } from '../../compute/tensor-handle.ts'
import { normalFrom, seededRandom } from '../../tensor/random.ts'
import { groupAlike } from './grouping.ts'
import { invertedFactor } from './inverted-factor.ts'
import type { Layer } from './layer.ts'
import { likeness, likenessWork, sketch } from './likeness.ts'
import type { MobeMath } from './passes.ts'
import type { MobeShape } from './problem.ts'

/**
 * Rounds of subspace iteration. On 8 experts of 12 x 32 at rank 8 the error is above the optimum's by 5.3 % after two, 3.4 % after three,
 * 2.0 % after four.
 */
const ROUNDS = 3

/** One round for one expert: carried + (T Y^T)^T T. */
const iterate = defineGraph('mobe-iterate', (g) => {
  const target = g.input('target', ['rows', 'columns'])
  const along = g.call('Gemm', [target, g.input('basis', ['rank', 'columns'])], { transB: { int: 1 } })
  g.output('result', g.call('Gemm', [along, target, g.input('carried', ['rank', 'columns'])], { transA: { int: 1 } }), ['rank', 'columns'])
})

/** y y^T */
const gramOf = defineGraph('mobe-gram', (g) => {
  const y = g.input('y', ['rank', 'columns'])
  g.output('gram', g.call('Gemm', [y, y], { transB: { int: 1 } }), ['rank', 'rank'])
})

/** L^-1 y */
const apply = defineGraph('mobe-apply', (g) => {
  const y = g.call('Gemm', [g.input('inverse', ['rank', 'rank']), g.input('y', ['rank', 'columns'])])
  g.output('result', y, ['rank', 'columns'])
})

/** Where the fast solver starts in one group of experts. */
export interface FastStart {
  readonly experts: readonly number[]
  /** w (members, bases) */
  readonly logits: Float32Array
  /** (bases, rank * columns), of mean square 1. */
  readonly bases: Float32Array
  /** Each member's own basis alone: alpha (members, bases). */
  readonly ownMix: Float32Array
}

/** Rows made orthonormal through the Cholesky factor of their Gram matrix. */
async function orthonormal({ compute, algebra }: MobeMath, data: Float32Array, rank: number, columns: number): Promise<Float32Array> {
  const y = hostTensor(data, [rank, columns])
  const { gram } = await compute.run(gramOf, { y })
  if (gram === undefined) throw new Error('no Gram matrix')
  const inverse = hostTensor(invertedFactor(algebra, gram.data, rank), [rank, rank])
  const { result } = await compute.run(apply, { y, inverse })
  if (result === undefined) throw new Error('no orthonormal rows')
  return result.data
}

/** The same span as orthonormal rows, those with the most of the matrices first: on y y^T = U L U^T they are L^-1/2 U^T y. */
async function ordered({ compute, algebra }: MobeMath, data: Float32Array, rank: number, columns: number): Promise<Float32Array> {
  const y = hostTensor(data, [rank, columns])
  const { gram } = await compute.run(gramOf, { y })
  if (gram === undefined) throw new Error('no Gram matrix')
  const { values, vectors } = algebra.symmetricEigen(Float64Array.from(gram.data), rank)
  const least = LEAST_VALUE * (values[0] ?? 0) || 1
  const turn = Float32Array.from(vectors, (value, i) => value / Math.sqrt(Math.max(least, values[Math.floor(i / rank)] as number)))
  const { result } = await compute.run(apply, { y, inverse: hostTensor(turn, [rank, rank]) })
  if (result === undefined) throw new Error('no ordered rows')
  return result.data
}

/** Eigenvalues below this share of the largest are float32 rounding. */
const LEAST_VALUE = 1e-7

/** Rows that, weighted by column, span about the best subspace for the members' targets stacked, each of root mean square 1. */
async function sharedRows(math: MobeMath, layer: Layer, members: readonly number[], seed: number): Promise<Float32Array> {
  const { rank, columns } = layer.shape
  let basis = new Float32Array(rank * columns)
  for (const [place, e] of members.entries())
    (await sketch(math, layer, e, seed + place, rank)).forEach((value, i) => (basis[i] = (basis[i] as number) + value))
  for (let round = 0; round < ROUNDS; round++) {
    const from = hostTensor(await orthonormal(math, basis, rank, columns), [rank, columns])
    basis = new Float32Array(rank * columns)
    for (const e of members) {
      const target = layer.targets[e]
      if (target === undefined) throw new RangeError(`no expert ${e}`)
      const { result } = await math.compute.run(iterate, { target, basis: from, carried: hostTensor(basis, [rank, columns]) })
      basis = Float32Array.from(result?.data ?? [])
    }
  }
  return unweighted(await ordered(math, basis, rank, columns), layer.column)
}

/** Rows without the columns' weights, which f(Z) is given again, each of root mean square 1. */
function unweighted(rows: Float32Array, column: Float32Array): Float32Array {
  const columns = column.length
  const out = rows.map((value, i) => value / (column[i % columns] as number))
  for (let start = 0; start < out.length; start += columns) {
    let energy = 0
    for (let j = start; j < start + columns; j++) energy += (out[j] as number) ** 2
    const scale = Math.sqrt(columns / (energy || 1))
    for (let j = start; j < start + columns; j++) out[j] = (out[j] as number) * scale
  }
  return out
}

/**
 * How far logits are apart at the start: one's own basis, and chance, which takes the start off the saddle where all experts use one basis
 * each.
 */
const OWN = 3
const CHANCE = 1
/** Where every expert has a basis to itself there is nothing to mix. */
const ALONE = 20

/**
 * Groups of like experts, in each of them likes on one basis, that basis along the row space they share best (subspace
 * iteration), logits with chance that depends on nothing but the seed and the expert's place in its group.
 */
export async function fastStart(math: MobeMath, layer: Layer, seed: number): Promise<FastStart[]> {
  const { experts, columns, rank, bases, groups } = layer.shape
  const count = bases / groups
  const table = await likeness(math, layer, seed)
  const everyone = Array.from({ length: experts }, (_, e) => e)
  const started: FastStart[] = []
  const chance = normalFrom(seededRandom(seed + 1))
  for (const members of groupAlike(table, everyone, groups)) {
    const clusters = groupAlike(table, members, count)
    const stacked = new Float32Array(count * rank * columns)
    const logits: number[] = []
    const ownMix: number[] = []
    for (const [j, cluster] of clusters.entries()) {
      stacked.set(await sharedRows(math, layer, cluster, seed + 2), j * rank * columns)
      for (const _ of cluster) {
        for (let k = 0; k < count; k++) {
          ownMix.push(k === j ? 1 : 0)
          logits.push(count === members.length ? ALONE * (k === j ? 1 : 0) : (k === j ? OWN : 0) + CHANCE * chance())
        }
      }
    }
    started.push({ experts: clusters.flat(), logits: Float32Array.from(logits), bases: stacked, ownMix: Float32Array.from(ownMix) })
  }
  return started
}

/** Floating-point operations of {@link fastStart}. */
export function fastStartWork(shape: MobeShape): number {
  const { experts, rows, columns, rank, bases } = shape
  const rounds = (2 + 4 * ROUNDS) * experts * rows * rank * columns
  return likenessWork(shape) + rounds + bases * ((ROUNDS + 1) * 4 * rank * rank * columns + ((ROUNDS * 2) / 3 + 9) * rank ** 3)
}
