import { hostTensor } from '../../compute/tensor-handle.ts'
import { seededRandom } from '../../tensor/random.ts'
import { learnedFrom, updateLearned, updateNumbers } from './adam-update.ts'
import { estimateFast } from './estimate.ts'
import { fastStart, fastStartWork } from './fast-start.ts'
import type { FastStart } from './fast-start.ts'
import { disposeFast, restoreFast, saveFast } from './fast-state.ts'
import type { FastGroup, FastLearning } from './fast-state.ts'
import { finishFactors } from './finish.ts'
import { openLayer, split } from './layer.ts'
import type { Layer } from './layer.ts'
import { expandMix, unstackBases } from './layout.ts'
import { softmaxGradient, softmaxRows } from './mix.ts'
import { reducedPass, solveLefts } from './passes.ts'
import type { Members, MobeMath } from './passes.ts'
import type { LearnOptions, LearnResult, MobeProblem, MobeShape } from './problem.ts'
import { ERROR_HISTORY, hasStalled } from './progress.ts'
import { rateAt } from './rate.ts'
import { expertWork } from './work.ts'

/** Adam's rate for alpha's logits and for the bases, whose entries are of mean square 1 at the start. */
const LEARNING_RATE = 0.2
const DECAY = { first: 0.9, second: 0.95 }
/** Batches of a pass over a group, with an update after each; a batch has one expert at least. */
const UPDATES = 8

/** Small enough for f to be a straight line: f(x z) ~ f'(0) x z. */
const STRAIGHT = 1e-3

/** Every expert on its own basis, without the bend of f: the singular vectors that like experts share. The caller disposes the bases. */
async function plainMembers({ compute }: MobeMath, { shape }: Layer, from: readonly FastStart[]): Promise<Members[]> {
  const members: Members[] = []
  for (const { experts, ownMix, bases } of from) {
    const straight = hostTensor(
      bases.map((value) => STRAIGHT * value),
      [shape.bases / shape.groups, shape.rank * shape.columns],
    )
    members.push({ experts, mix: ownMix, bases: await compute.upload(straight) })
  }
  return members
}

async function start(math: MobeMath, layer: Layer, seed: number): Promise<FastLearning> {
  const { rank, columns, bases, groups, experts: all } = layer.shape
  const started: FastGroup[] = []
  const from = await fastStart(math, layer, seed)
  const plain = await plainMembers(math, layer, from)
  const startError = await measure(math, layer, plain)
  for (const { bases: tensor } of plain) tensor.dispose()
  for (const { experts, logits, bases: stacked } of from) {
    const zeros = () => new Float32Array(logits.length)
    started.push({
      experts,
      logits: { value: logits, first: zeros(), second: zeros() },
      bases: await learnedFrom(math.compute, stacked, [bases / groups, rank * columns]),
    })
  }
  return { groups: started, step: 0, startError, flops: fastStartWork(layer.shape) + all * expertWork(layer.shape).reduced, errors: [] }
}

/** Places 0 .. count - 1 in an order that depends on the numbers given only (Fisher-Yates). */
function shuffled(count: number, seed: number, step: number): number[] {
  const random = seededRandom(Math.imul(seed + 1, 0x9e3779b1) ^ Math.imul(step, 0x85ebca6b))
  const order = Array.from({ length: count }, (_, i) => i)
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1))
    const held = order[i] as number
    order[i] = order[j] as number
    order[j] = held
  }
  return order
}

/** One pass over a group, an update after each batch. @returns the sum of losses, each from just before its update */
async function passOver(math: MobeMath, layer: Layer, group: FastGroup, seed: number, step: number, steps: number): Promise<number> {
  const count = layer.shape.bases / layer.shape.groups
  const batches = split(shuffled(group.experts.length, seed, step), Math.min(UPDATES, group.experts.length))
  let loss = 0
  for (const [k, places] of batches.entries()) {
    const update = (step - 1) * batches.length + k + 1
    const rate = LEARNING_RATE * rateAt(update, steps * batches.length)
    const logits = new Float32Array(places.length * count)
    places.forEach((place, i) => logits.set(group.logits.value.subarray(place * count, (place + 1) * count), i * count))
    const mix = softmaxRows(logits, count)
    const pass = await reducedPass(math, layer, {
      experts: places.map((place) => group.experts[place] as number),
      mix,
      bases: group.bases.value,
    })
    loss += pass.losses.reduce((sum, own) => sum + own, 0)
    const gradient = softmaxGradient(mix, pass.mix, count)
    places.forEach((place, i) =>
      updateNumbers(group.logits, gradient.subarray(i * count, (i + 1) * count), place * count, step, rate, DECAY),
    )
    const old = group.bases.value
    await updateLearned(math.compute, group.bases, pass.bases, update, rate, DECAY)
    old.dispose()
  }
  return loss
}

/** A_e for alpha and B as they are. */
async function solveAll(math: MobeMath, layer: Layer, members: readonly Members[]) {
  const left: Float32Array[] = Array.from({ length: layer.shape.experts })
  const bases: Float32Array[] = []
  for (const group of members) {
    const solved = await solveLefts(math, layer, group)
    group.experts.forEach((expert, k) => (left[expert] = solved[k] as Float32Array))
    bases.push(...unstackBases((await math.compute.download(group.bases)).data, layer.shape))
  }
  return { left, mix: expandMix(layer.shape, members), bases }
}

/** Passes that the limits of the options allow. */
function plannedPasses(shape: MobeShape, { maxSteps, maxFlops = Infinity }: LearnOptions): number {
  return Math.max(0, Math.min(maxSteps, Math.floor((maxFlops - estimateFast(shape, 0)) / (shape.experts * expertWork(shape).reduced))))
}

/** The relative error with the best A_e. */
async function measure(math: MobeMath, layer: Layer, members: readonly Members[]): Promise<number> {
  let loss = 0
  for (const group of members) {
    const pass = await reducedPass(math, layer, group)
    pass.bases.dispose()
    loss += pass.losses.reduce((sum, own) => sum + own, 0)
  }
  return relative(layer, loss)
}

function relative(layer: Layer, loss: number): number {
  return loss === 0 ? 0 : Math.sqrt(loss / layer.energies.reduce((sum, own) => sum + own, 0))
}

/** Pass after pass until a limit of the options. */
async function learn(math: MobeMath, layer: Layer, learning: FastLearning, seed: number, options: LearnOptions): Promise<void> {
  const { tolerance = 0, checkpointEvery = 0 } = options
  const steps = plannedPasses(layer.shape, options)
  while (learning.step < steps && !hasStalled(learning.errors, tolerance)) {
    let loss = 0
    for (const group of learning.groups) {
      options.signal?.throwIfAborted()
      loss += await passOver(math, layer, group, seed, learning.step + 1, steps)
    }
    learning.step++
    learning.flops += layer.shape.experts * expertWork(layer.shape).reduced
    const relativeError = relative(layer, loss)
    learning.errors = [...learning.errors, Math.fround(relativeError)].slice(-ERROR_HISTORY)
    options.onStep?.({ step: learning.step, flops: learning.flops, relativeError })
    if (checkpointEvery > 0 && learning.step % checkpointEvery === 0) await options.onCheckpoint?.(await saveFast(math.compute, learning))
  }
}

/** What is learned, or the plain start where that was better. */
async function better(
  math: MobeMath,
  problem: MobeProblem,
  layer: Layer,
  { groups, step, flops, startError }: FastLearning,
): Promise<LearnResult> {
  const { shape } = layer
  const solving = shape.experts * expertWork(shape).solve
  const learned = groups.map(({ experts, logits, bases }) => ({
    experts,
    mix: softmaxRows(logits.value, shape.bases / shape.groups),
    bases: bases.value,
  }))
  const result = await finishFactors(math, problem, layer, {
    ...(await solveAll(math, layer, learned)),
    flops: flops + solving,
    steps: step,
  })
  if (result.weightedError <= startError) return result
  const plain = await plainMembers(math, layer, await fastStart(math, layer, problem.seed))
  try {
    return await finishFactors(math, problem, layer, {
      ...(await solveAll(math, layer, plain)),
      flops: result.flops + fastStartWork(shape) + solving,
      steps: step,
    })
  } finally {
    for (const { bases } of plain) bases.dispose()
  }
}

/**
 * Learns the factors by variable projection: A_e is always the best for alpha and B, in closed form, and Adam moves alpha and B
 * only, along the exact gradient of what is left (Golub & Pereyra 1973), after every eighth of the experts, at a rate that falls to
 * 0. Where like experts' shared singular vectors alone, without mixing, do better than all that, they are the result. Throws as {@link
 * import('./adam.ts').learnWithAdam} does.
 *
 * Tried on a quarter of a trained layer (16 experts of 128 x 128, m 4, r 64, silu), relative error at 6 GFLOP, for which the published
 * schedule takes about four times as many. Kept: updates from two experts .332, from four .340; chance in the first logits, without
 * which all stay on one basis each for hundreds of steps; own basis first by 3 .330, by 1 .332; the first bases in the order of their
 * singular values .334, in any other .338; level rate for half of the way, squares forgotten at 0.95: .336, and .298 at 26 GFLOP (0.8 and
 * 0.9: .334 and .300; 0.3 and 0.99: .341 and .298). Not kept: L-BFGS preconditioned by sum alpha^2 A^T A (.336), that preconditioner with
 * momentum (.331) and with Adam (.355), orthogonalized momentum (.358), Adam in the gradients' eigenbasis (at 16 GFLOP .324 against .317),
 * half of each expert's rows (.346), bases turned towards each other at the start (.332 against .330).
 * What it does not reach is the end of a long published schedule: that stands at .300 after 52 GFLOP and at .274 after 1000, this
 * solver (at 0.8 and 0.9) at .294 after 52.
 */
export async function learnFast(math: MobeMath, problem: MobeProblem, options: LearnOptions): Promise<LearnResult> {
  const layer = await openLayer(math.compute, problem)
  let learning: FastLearning | null = null
  try {
    learning =
      options.resume === undefined ? await start(math, layer, problem.seed) : await restoreFast(math.compute, layer, options.resume)
    await learn(math, layer, learning, problem.seed, options)
    return await better(math, problem, layer, learning)
  } finally {
    if (learning !== null) disposeFast(learning)
    layer.dispose()
  }
}
