import type { ComputeSession } from '../../compute/session.ts'
import { disposeLearned, restoreLearned } from './adam-update.ts'
import type { LearnedOnDevice, LearnedNumbers } from './adam-update.ts'
import type { Layer } from './layer.ts'
import { savedArray, savedNumber } from './state.ts'
import type { SolverState } from './state.ts'

/** What is learned of one group of like experts. */
export interface FastGroup {
  readonly experts: readonly number[]
  readonly logits: LearnedNumbers
  readonly bases: LearnedOnDevice
}

/** The fast solver between two passes over the experts. */
export interface FastLearning {
  readonly groups: FastGroup[]
  /** Passes done. */
  step: number
  flops: number
  /** Relative error of like experts' shared singular vectors alone. */
  readonly startError: number
  /** Of the last passes, rounded to float32. */
  errors: number[]
}

const PARTS = ['value', 'first', 'second'] as const

/** Frees everything the state holds on the device. */
export function disposeFast({ groups }: FastLearning): void {
  for (const { bases } of groups) disposeLearned(bases)
}

/** Everything of the state as plain data. */
export async function saveFast(compute: ComputeSession, { groups, step, flops, startError, errors }: FastLearning): Promise<SolverState> {
  const arrays: Record<string, Float32Array> = { errors: Float32Array.from(errors) }
  for (const [g, { experts, logits, bases }] of groups.entries()) {
    arrays[`experts-${g}`] = Float32Array.from(experts)
    for (const part of PARTS) {
      arrays[`logits-${part}-${g}`] = logits[part].slice()
      arrays[`bases-${part}-${g}`] = (await compute.download(bases[part])).data
    }
  }
  return { solver: 'fast', numbers: { step, flops, startError }, arrays }
}

/** The inverse of {@link saveFast}. Throws RangeError for a state of another solver or of other sizes. */
export async function restoreFast(compute: ComputeSession, { shape }: Layer, state: SolverState): Promise<FastLearning> {
  if (state.solver !== 'fast') throw new RangeError(`a state of ${state.solver} is not one of the fast solver`)
  const { rank, columns, groups } = shape
  const [members, count] = [shape.experts / groups, shape.bases / groups]
  const numbers = (name: string, g: number, length: number): LearnedNumbers => {
    const part = (which: (typeof PARTS)[number]) => savedArray(state, `${name}-${which}-${g}`, length).slice()
    return { value: part('value'), first: part('first'), second: part('second') }
  }
  const learning: FastLearning = {
    groups: [],
    step: savedNumber(state, 'step'),
    flops: savedNumber(state, 'flops'),
    startError: savedNumber(state, 'startError'),
    errors: [...(state.arrays['errors'] ?? [])],
  }
  for (let g = 0; g < groups; g++) {
    const bases = await restoreLearned(compute, numbers('bases', g, count * rank * columns), [count, rank * columns])
    learning.groups.push({ experts: [...savedArray(state, `experts-${g}`, members)], logits: numbers('logits', g, members * count), bases })
  }
  return learning
}
