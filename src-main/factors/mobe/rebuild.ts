import type { ComputeSession } from '../../compute/session.ts'
import { hostTensor } from '../../compute/tensor-handle.ts'
import { rebuilt } from './graphs.ts'
import type { MobeFactors, MobeShape } from './problem.ts'

/** What_e (rows, columns), dense, from the factors. Throws RangeError for an expert there is not. */
export async function rebuildExpert(compute: ComputeSession, shape: MobeShape, factors: MobeFactors, expert: number): Promise<Float32Array> {
  const { rows, columns, rank, bases, groups, activation } = shape
  const left = factors.left[expert]
  if (left === undefined) throw new RangeError(`no expert ${expert}`)
  const all = factors.mix.subarray(expert * bases, (expert + 1) * bases)
  const count = bases / groups
  const first = Math.floor(Math.max(0, all.findIndex((share) => share !== 0)) / count) * count
  const stacked = new Float32Array(count * rank * columns)
  factors.bases.slice(first, first + count).forEach((basis, j) => stacked.set(basis, j * basis.length))
  const { weights } = await compute.run(rebuilt({ experts: 1, rows, columns, rank, bases: count, activation }), {
    mix: hostTensor(all.slice(first, first + count), [1, count]),
    bases: hostTensor(stacked, [count, rank * columns]),
    column: hostTensor(new Float32Array(columns).fill(1), [1, columns]),
    left: hostTensor(left, [rows, rank]),
  })
  if (weights === undefined) throw new Error('nothing was rebuilt')
  return weights.data
}
