import type { MobeShape } from './problem.ts'

/** alpha (members, bases of the group) of the members of group g, at place g. */
export interface GroupMix {
  readonly experts: readonly number[]
  readonly mix: Float32Array
}

/** alpha (experts, bases) of the layer: zeros outside an expert's group. */
export function expandMix({ experts, bases, groups }: MobeShape, parts: readonly GroupMix[]): Float32Array {
  const count = bases / groups
  const all = new Float32Array(experts * bases)
  parts.forEach((part, g) =>
    part.experts.forEach((expert, k) => all.set(part.mix.subarray(k * count, (k + 1) * count), expert * bases + g * count)),
  )
  return all
}

/** A group's bases (bases, rank * columns), each for itself. */
export function unstackBases(stacked: Float32Array, { rank, columns }: MobeShape): Float32Array[] {
  const size = rank * columns
  return Array.from({ length: stacked.length / size }, (_, j) => stacked.slice(j * size, (j + 1) * size))
}
