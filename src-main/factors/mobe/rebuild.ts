import type { ComputeSession } from '../../compute/session.ts'
import { hostTensor } from '../../compute/tensor-handle.ts'
import { mixedSpan, rebuilt } from './graphs.ts'
import type { MobeFactors, MobeShape } from './problem.ts'

/** What_e (rows, columns), dense, from the factors. Throws RangeError for an expert there is not. */
export async function rebuildExpert(
  compute: ComputeSession,
  shape: MobeShape,
  factors: MobeFactors,
  expert: number,
): Promise<Float32Array> {
  const { rows, columns, rank, bases, groups, activation } = shape
  const left = factors.left[expert]
  if (left === undefined) throw new RangeError(`no expert ${expert}`)
  const graph = rebuilt({ experts: 1, rows, columns, rank, bases: bases / groups, activation })
  const { weights } = await compute.run(graph, { ...mixOf(shape, factors, expert), left: hostTensor(left, [rows, rank]) })
  if (weights === undefined) throw new Error('nothing was rebuilt')
  return weights.data
}

/** f(sum_j alpha_ej B_j) (rank, columns), what the expert's A_e is multiplied with. */
export async function mixedBasis(compute: ComputeSession, shape: MobeShape, factors: MobeFactors, expert: number): Promise<Float32Array> {
  const { rows, columns, rank, bases, groups, activation } = shape
  const { span } = await compute.run(
    mixedSpan({ experts: 1, rows, columns, rank, bases: bases / groups, activation }),
    mixOf(shape, factors, expert),
  )
  if (span === undefined) throw new Error('nothing was mixed')
  return span.data
}

/** One expert's mixture of its group's bases, with all columns alike, as the graphs want it. */
function mixOf({ columns, rank, bases, groups }: MobeShape, { mix, bases: all }: MobeFactors, expert: number) {
  const own = mix.subarray(expert * bases, (expert + 1) * bases)
  const count = bases / groups
  const first =
    Math.floor(
      Math.max(
        0,
        own.findIndex((share) => share !== 0),
      ) / count,
    ) * count
  const stacked = new Float32Array(count * rank * columns)
  all.slice(first, first + count).forEach((basis, j) => stacked.set(basis, j * basis.length))
  return {
    mix: hostTensor(own.slice(first, first + count), [1, count]),
    bases: hostTensor(stacked, [count, rank * columns]),
    column: hostTensor(new Float32Array(columns).fill(1), [1, columns]),
  }
}
