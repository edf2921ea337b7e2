import { defineGraph } from '../../compute/graph.ts'
import { hostTensor } from '../../compute/tensor-handle.ts'
import type { Layer } from './layer.ts'
import { split } from './layer.ts'
import type { MobeMath } from './passes.ts'

/** Sum of T^T T over experts, one at a time: gram (columns, columns). */
const addGram = defineGraph('mobe-add-gram', (g) => {
  const target = g.input('target', ['rows', 'columns'])
  g.output('gram', g.call('Gemm', [target, target, g.input('carried', ['columns', 'columns'])], { transA: { int: 1 } }), [
    'columns',
    'columns',
  ])
})

/** T V^T (rows, rank). */
const project = defineGraph('mobe-project', (g) => {
  g.output(
    'left',
    g.call('Gemm', [g.input('target', ['rows', 'columns']), g.input('basis', ['rank', 'columns'])], { transB: { int: 1 } }),
    ['rows', 'rank'],
  )
})

/** The start of the published code for one group of experts. */
export interface PublishedStart {
  /** A_e by member (rows, rank), in units of W. */
  readonly lefts: Float32Array[]
  /** w (members, bases): 1 at the expert's own basis. */
  readonly logits: Float32Array
  /** (bases, rank * columns) */
  readonly bases: Float32Array
}

/**
 * The published start (inclusionAI/MoBE): consecutive experts share a basis, its first `rank` right singular vectors of their
 * matrices stacked (through the eigenvectors of the Gram matrix); A_e is W_e along them. As published the A_e are in units of W
 * while the target is W / std, and nothing accounts for f or for the softmax, so the start is far from the target.
 * @param experts of one group
 */
export async function publishedStart({ compute, algebra }: MobeMath, layer: Layer, experts: readonly number[]): Promise<PublishedStart> {
  const { columns, rank, groups } = layer.shape
  const count = layer.shape.bases / groups
  const logits = new Float32Array(experts.length * count)
  const bases = new Float32Array(count * rank * columns)
  const lefts: Float32Array[] = []
  for (const [j, members] of split(experts, count).entries()) {
    let gram: Float32Array = new Float32Array(columns * columns)
    for (const e of members) {
      const outputs = await compute.run(addGram, { target: layer.targets[e] ?? absent(e), carried: hostTensor(gram, [columns, columns]) })
      gram = outputs['gram']?.data ?? absent(e)
    }
    const { vectors } = algebra.symmetricEigen(Float64Array.from(gram), columns)
    const basis = Float32Array.from(vectors.subarray(0, rank * columns))
    bases.set(basis, j * rank * columns)
    for (const e of members) {
      logits[lefts.length * count + j] = 1
      const { left } = await compute.run(project, { target: layer.targets[e] ?? absent(e), basis: hostTensor(basis, [rank, columns]) })
      lefts.push((left?.data ?? absent(e)).map((value) => value * layer.spread))
    }
  }
  return { lefts, logits, bases }
}

function absent(expert: number): never {
  throw new RangeError(`no expert ${expert}`)
}
