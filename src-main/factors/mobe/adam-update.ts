import { defineGraph } from '../../compute/graph.ts'
import type { ComputeSession } from '../../compute/session.ts'
import { hostTensor } from '../../compute/tensor-handle.ts'
import type { DeviceTensor } from '../../compute/tensor-handle.ts'

/** A matrix that is learned, with Adam's mean of its gradients and of their squares, all of one shape on the device. */
export interface LearnedOnDevice {
  value: DeviceTensor
  first: DeviceTensor
  second: DeviceTensor
}

/** The same for numbers of this process. */
export interface LearnedNumbers {
  readonly value: Float32Array
  readonly first: Float32Array
  readonly second: Float32Array
}

/** Adam's decay rates: beta_1 of the mean, beta_2 of the squares. */
export interface Decay {
  readonly first: number
  readonly second: number
}

/** Added to the root of the squares: keeps directions without a gradient still. */
const EPSILON = 1e-8

/** m' = b1 m + (1 - b1) g; v' = b2 v + (1 - b2) g^2; x' = x - rate m' / (sqrt(correction v') + eps), with rate and correction fed in. */
function updateGraph(decay: Decay) {
  return defineGraph(`mobe-adam-${decay.first}-${decay.second}`, (g) => {
    const dims = ['rows', 'columns']
    const [value, gradient, first, second] = [
      g.input('value', dims),
      g.input('gradient', dims),
      g.input('first', dims),
      g.input('second', dims),
    ]
    const [rate, correction] = [g.input('rate', [1]), g.input('correction', [1])]
    const scaled = (x: string, by: number) => g.call('Mul', [x, g.floats([by], [])])
    const mean = g.call('Add', [scaled(first, decay.first), scaled(gradient, 1 - decay.first)])
    const squares = g.call('Add', [scaled(second, decay.second), scaled(g.call('Mul', [gradient, gradient]), 1 - decay.second)])
    const root = g.call('Add', [g.call('Sqrt', [g.call('Mul', [squares, correction])]), g.floats([EPSILON], [])])
    g.output('newFirst', mean, dims)
    g.output('newSecond', squares, dims)
    g.output('newValue', g.call('Sub', [value, g.call('Div', [g.call('Mul', [mean, rate]), root])]), dims)
  })
}

/**
 * One step of Adam (Kingma & Ba, arXiv 1412.6980) on the device, `step` counted from 1. The old moments and the gradient are
 * disposed; the old value is the caller's, who may want to keep it.
 */
export async function updateLearned(
  compute: ComputeSession,
  learned: LearnedOnDevice,
  gradient: DeviceTensor,
  step: number,
  rate: number,
  decay: Decay,
): Promise<void> {
  const { newValue, newFirst, newSecond } = await compute.runOnDevice(updateGraph(decay), {
    ...learned,
    gradient,
    rate: hostTensor(Float32Array.of(rate / (1 - decay.first ** step)), [1]),
    correction: hostTensor(Float32Array.of(1 / (1 - decay.second ** step)), [1]),
  })
  if (newValue === undefined || newFirst === undefined || newSecond === undefined) throw new Error('a step of Adam gave no result')
  for (const old of [learned.first, learned.second, gradient]) old.dispose()
  learned.value = newValue
  learned.first = newFirst
  learned.second = newSecond
}

/** {@link updateLearned} in this process, for `gradient.length` numbers from `start` on. */
export function updateNumbers(
  learned: LearnedNumbers,
  gradient: Float32Array,
  start: number,
  step: number,
  rate: number,
  decay: Decay,
): void {
  const { value, first, second } = learned
  const correction = 1 / (1 - decay.second ** step)
  gradient.forEach((slope, k) => {
    const i = start + k
    first[i] = decay.first * (first[i] as number) + (1 - decay.first) * slope
    second[i] = decay.second * (second[i] as number) + (1 - decay.second) * slope * slope
    const moved = ((first[i] as number) * rate) / (1 - decay.first ** step) / (Math.sqrt((second[i] as number) * correction) + EPSILON)
    value[i] = (value[i] as number) - moved
  })
}

/** `value` (rows, columns) on the device, with moments of zero. */
export async function learnedFrom(compute: ComputeSession, value: Float32Array, dims: readonly [number, number]): Promise<LearnedOnDevice> {
  return restoreLearned(compute, { value, first: new Float32Array(value.length), second: new Float32Array(value.length) }, dims)
}

/** Numbers of a checkpoint, on the device again. */
export async function restoreLearned(
  compute: ComputeSession,
  saved: LearnedNumbers,
  dims: readonly [number, number],
): Promise<LearnedOnDevice> {
  return {
    value: await compute.upload(hostTensor(saved.value, dims)),
    first: await compute.upload(hostTensor(saved.first, dims)),
    second: await compute.upload(hostTensor(saved.second, dims)),
  }
}

export function disposeLearned({ value, first, second }: LearnedOnDevice): void {
  for (const tensor of [value, first, second]) tensor.dispose()
}
