import type { ComputeSession } from '../../compute/session.ts'
import { hostTensor } from '../../compute/tensor-handle.ts'
import type { DeviceTensor } from '../../compute/tensor-handle.ts'
import { disposeLearned, restoreLearned } from './adam-update.ts'
import type { LearnedOnDevice, LearnedNumbers } from './adam-update.ts'
import type { Layer } from './layer.ts'
import { memberships } from './layer.ts'
import { savedArray, savedNumber } from './state.ts'
import type { SolverState } from './state.ts'

/** What is learned of one group of experts. */
export interface AdamGroup {
  readonly experts: readonly number[]
  readonly logits: LearnedNumbers
  readonly bases: LearnedOnDevice
}

/** The best state so far; its tensors may be those being learned. */
export interface AdamBest {
  readonly error: number
  readonly lefts: readonly DeviceTensor[]
  readonly logits: readonly Float32Array[]
  readonly bases: readonly DeviceTensor[]
}

/** Adam between two steps. */
export interface AdamLearning {
  readonly groups: AdamGroup[]
  /** A_e by expert of the layer. */
  readonly lefts: LearnedOnDevice[]
  best: AdamBest
  step: number
  flops: number
  /** Of the last steps, rounded to float32. */
  errors: number[]
}

/** No state yet. */
export const UNKNOWN_BEST: AdamBest = { error: Infinity, lefts: [], logits: [], bases: [] }

/** Frees everything the state holds on the device. */
export function disposeAdam({ groups, lefts, best }: AdamLearning): void {
  for (const learned of [...lefts, ...groups.map(({ bases }) => bases)]) disposeLearned(learned)
  for (const tensor of [...best.lefts, ...best.bases]) tensor.dispose()
}

const PARTS = ['value', 'first', 'second'] as const

/** Everything of the state as plain data. */
export async function saveAdam(compute: ComputeSession, { groups, lefts, best, step, flops, errors }: AdamLearning): Promise<SolverState> {
  const arrays: Record<string, Float32Array> = { errors: Float32Array.from(errors) }
  const save = async (name: string, tensor: DeviceTensor): Promise<void> => {
    arrays[name] = (await compute.download(tensor)).data
  }
  for (const [g, { logits, bases }] of groups.entries()) {
    for (const part of PARTS) {
      arrays[`logits-${part}-${g}`] = logits[part].slice()
      await save(`bases-${part}-${g}`, bases[part])
    }
    arrays[`best-logits-${g}`] = (best.logits[g] ?? new Float32Array(0)).slice()
  }
  for (const [e, left] of lefts.entries()) for (const part of PARTS) await save(`left-${part}-${e}`, left[part])
  for (const [g, tensor] of best.bases.entries()) await save(`best-bases-${g}`, tensor)
  for (const [e, tensor] of best.lefts.entries()) await save(`best-left-${e}`, tensor)
  return { solver: 'adam', numbers: { step, flops, best: best.error }, arrays }
}

/** The inverse of {@link saveAdam}. Throws RangeError for a state of another solver or of other sizes. */
export async function restoreAdam(compute: ComputeSession, layer: Layer, state: SolverState): Promise<AdamLearning> {
  if (state.solver !== 'adam') throw new RangeError(`a state of ${state.solver} is not one of Adam`)
  const { rows, columns, rank, groups } = layer.shape
  const count = layer.shape.bases / groups
  const numbers = (name: string, tail: number, length: number): LearnedNumbers => {
    const part = (which: (typeof PARTS)[number]) => savedArray(state, `${name}-${which}-${tail}`, length).slice()
    return { value: part('value'), first: part('first'), second: part('second') }
  }
  const upload = (name: string, dims: readonly [number, number]) =>
    compute.upload(hostTensor(savedArray(state, name, dims[0] * dims[1]).slice(), dims))
  const learning: AdamLearning = {
    groups: [],
    lefts: [],
    best: UNKNOWN_BEST,
    step: savedNumber(state, 'step'),
    flops: savedNumber(state, 'flops'),
    errors: [...(state.arrays['errors'] ?? [])],
  }
  const best = { error: savedNumber(state, 'best'), lefts: [] as DeviceTensor[], logits: [] as Float32Array[], bases: [] as DeviceTensor[] }
  for (const [g, experts] of memberships(layer.shape).entries()) {
    const logits = numbers('logits', g, experts.length * count)
    learning.groups.push({
      experts,
      logits,
      bases: await restoreLearned(compute, numbers('bases', g, count * rank * columns), [count, rank * columns]),
    })
    best.logits.push(savedArray(state, `best-logits-${g}`, experts.length * count).slice())
    best.bases.push(await upload(`best-bases-${g}`, [count, rank * columns]))
  }
  for (const e of layer.targets.keys()) {
    learning.lefts.push(await restoreLearned(compute, numbers('left', e, rows * rank), [rows, rank]))
    best.lefts.push(await upload(`best-left-${e}`, [rows, rank]))
  }
  learning.best = best
  return learning
}
