import { defineGraph } from '../../compute/graph.ts'
import { hostTensor } from '../../compute/tensor-handle.ts'
import { normalFrom, seededRandom } from '../../tensor/random.ts'
import type { Layer } from './layer.ts'
import type { MobeMath } from './passes.ts'
import type { MobeShape } from './problem.ts'

/** Random mixtures of an expert's rows that stand for it. */
const SKETCH_ROWS = 16

/** a b */
const product = defineGraph('mobe-product', (g) => {
  g.output('result', g.call('Gemm', [g.input('a', ['rows', 'inner']), g.input('b', ['inner', 'columns'])]), ['rows', 'columns'])
})

/** a b^T */
const products = defineGraph('mobe-products', (g) => {
  g.output('result', g.call('Gemm', [g.input('a', ['rows', 'inner']), g.input('b', ['columns', 'inner'])], { transB: { int: 1 } }), [
    'rows',
    'columns',
  ])
})

/** Normal numbers (rows, columns). */
export function gaussian(seed: number, rows: number, columns: number): Float32Array {
  const next = normalFrom(seededRandom(seed))
  return Float32Array.from({ length: rows * columns }, next)
}

/** Y = Omega T (`mixtures`, columns) for random Omega: the row space of T, roughly. */
export async function sketch({ compute }: MobeMath, layer: Layer, expert: number, seed: number, mixtures: number): Promise<Float32Array> {
  const target = layer.targets[expert]
  if (target === undefined) throw new RangeError(`no expert ${expert}`)
  const { result } = await compute.run(product, {
    a: hostTensor(gaussian(seed, mixtures, layer.shape.rows), [mixtures, layer.shape.rows]),
    b: target,
  })
  if (result === undefined) throw new Error('no sketch')
  return result.data
}

/**
 * How much of their row spaces experts share: ||Y_a Y_b^T||^2 / (||Y_a Y_a^T|| ||Y_b Y_b^T||) for sketches Y of 16 random mixtures
 * of rows, an estimate of the cosine between T_a^T T_a and T_b^T T_b. The mixtures are the same for every expert, so that the
 * order of experts changes nothing.
 * @returns (experts, experts), symmetric
 */
export async function likeness(math: MobeMath, layer: Layer, seed: number): Promise<Float64Array> {
  const { experts, columns } = layer.shape
  const stacked = new Float32Array(experts * SKETCH_ROWS * columns)
  for (let e = 0; e < experts; e++) stacked.set(await sketch(math, layer, e, seed, SKETCH_ROWS), e * SKETCH_ROWS * columns)
  const all = hostTensor(stacked, [experts * SKETCH_ROWS, columns])
  const { result } = await math.compute.run(products, { a: all, b: all })
  if (result === undefined) throw new Error('no products of sketches')
  const width = experts * SKETCH_ROWS
  const energy = (a: number, b: number): number => {
    let sum = 0
    for (let i = a * SKETCH_ROWS; i < (a + 1) * SKETCH_ROWS; i++)
      for (let j = b * SKETCH_ROWS; j < (b + 1) * SKETCH_ROWS; j++) sum += (result.data[i * width + j] as number) ** 2
    return sum
  }
  const own = Float64Array.from({ length: experts }, (_, e) => Math.sqrt(energy(e, e)) || 1)
  return Float64Array.from({ length: experts * experts }, (_, i) => {
    const [a, b] = [Math.floor(i / experts), i % experts]
    return energy(a, b) / ((own[a] as number) * (own[b] as number))
  })
}

/** Floating-point operations of {@link likeness}. */
export function likenessWork({ experts, rows, columns }: MobeShape): number {
  return 2 * experts * SKETCH_ROWS * rows * columns + 2 * (experts * SKETCH_ROWS) ** 2 * columns
}
