import type { DeviceTensor } from '../../compute/tensor-handle.ts'
import { disposeAdam, restoreAdam, saveAdam, UNKNOWN_BEST } from './adam-state.ts'
import type { AdamGroup, AdamLearning } from './adam-state.ts'
import { learnedFrom, updateLearned, updateNumbers } from './adam-update.ts'
import type { LearnedOnDevice } from './adam-update.ts'
import { finishFactors } from './finish.ts'
import { expandMix, unstackBases } from './layout.ts'
import { memberships, openLayer } from './layer.ts'
import type { Layer } from './layer.ts'
import { softmaxGradient, softmaxRows } from './mix.ts'
import { jointPass } from './passes.ts'
import type { MobeMath } from './passes.ts'
import type { LearnOptions, LearnResult, MobeProblem } from './problem.ts'
import { ERROR_HISTORY, hasStalled } from './progress.ts'
import { publishedStart } from './published-start.ts'
import { expertWork, publishedStartWork } from './work.ts'

/** As published. */
const LEARNING_RATE = 0.07
const DECAY = { first: 0.9, second: 0.999 }

async function start(math: MobeMath, layer: Layer): Promise<AdamLearning> {
  const { rows, columns, rank, bases, groups } = layer.shape
  const lefts: LearnedOnDevice[] = []
  const started: AdamGroup[] = []
  for (const experts of memberships(layer.shape)) {
    const from = await publishedStart(math, layer, experts)
    const zeros = () => new Float32Array(from.logits.length)
    for (const left of from.lefts) lefts.push(await learnedFrom(math.compute, left, [rows, rank]))
    started.push({
      experts,
      logits: { value: from.logits, first: zeros(), second: zeros() },
      bases: await learnedFrom(math.compute, from.bases, [bases / groups, rank * columns]),
    })
  }
  return { groups: started, lefts, best: UNKNOWN_BEST, step: 0, flops: publishedStartWork(layer.shape), errors: [] }
}

/** Makes the current state the best and frees the one before, except what both share. */
function keep(learning: AdamLearning, error: number): void {
  const { best: old, lefts, groups } = learning
  const current = new Set<DeviceTensor>([...lefts.map(({ value }) => value), ...groups.map(({ bases }) => bases.value)])
  for (const tensor of [...old.lefts, ...old.bases]) if (!current.has(tensor)) tensor.dispose()
  learning.best = {
    error,
    lefts: lefts.map(({ value }) => value),
    logits: groups.map(({ logits }) => logits.value.slice()),
    bases: groups.map(({ bases }) => bases.value),
  }
}

/** Moves one matrix and frees its old value unless it belongs to the best state. */
async function move(math: MobeMath, learning: AdamLearning, learned: LearnedOnDevice, gradient: DeviceTensor, rate: number): Promise<void> {
  const old = learned.value
  await updateLearned(math.compute, learned, gradient, learning.step, rate, DECAY)
  if (!learning.best.lefts.includes(old) && !learning.best.bases.includes(old)) old.dispose()
}

/** One full-batch step over every group; the error is that before the step. */
async function stepOnce(math: MobeMath, layer: Layer, learning: AdamLearning, rate: number): Promise<number> {
  const { shape } = layer
  const values = learning.lefts.map(({ value }) => value)
  const passes: Awaited<ReturnType<typeof jointPass>>[] = []
  const mixes = learning.groups.map(({ logits }) => softmaxRows(logits.value, shape.bases / shape.groups))
  let loss = 0
  for (const [k, { experts, bases }] of learning.groups.entries()) {
    const pass = await jointPass(math, layer, { experts, mix: mixes[k] ?? new Float32Array(0), bases: bases.value }, values)
    loss += pass.losses.reduce((sum, own) => sum + own, 0)
    passes.push(pass)
  }
  const error = relative(layer, loss)
  if (error < learning.best.error) keep(learning, error)
  learning.step++
  learning.flops += shape.experts * expertWork(shape).joint
  for (const [k, pass] of passes.entries()) {
    const group = learning.groups[k]
    const mix = mixes[k]
    if (group === undefined || mix === undefined) throw new Error('a pass without a group')
    updateNumbers(group.logits, softmaxGradient(mix, pass.mix, shape.bases / shape.groups), 0, learning.step, rate, DECAY)
    await move(math, learning, group.bases, pass.bases, rate)
    for (const [i, expert] of group.experts.entries()) {
      const [left, gradient] = [learning.lefts[expert], pass.lefts[i]]
      if (left === undefined || gradient === undefined) throw new Error(`no gradient for expert ${expert}`)
      await move(math, learning, left, gradient, rate)
    }
  }
  return error
}

function relative(layer: Layer, loss: number): number {
  return loss === 0 ? 0 : Math.sqrt(loss / layer.energies.reduce((sum, own) => sum + own, 0))
}

/** The factors of the best state. */
async function bestFactors({ compute }: MobeMath, { shape }: Layer, { best, groups }: AdamLearning) {
  const left: Float32Array[] = []
  for (const tensor of best.lefts) left.push((await compute.download(tensor)).data)
  const bases: Float32Array[] = []
  for (const tensor of best.bases) bases.push(...unstackBases((await compute.download(tensor)).data, shape))
  const mix = expandMix(
    shape,
    groups.map(({ experts }, g) => ({ experts, mix: softmaxRows(best.logits[g] ?? new Float32Array(0), shape.bases / shape.groups) })),
  )
  return { left, mix, bases }
}

/**
 * Learns the factors as published (MoBE, arXiv 2508.05257; code inclusionAI/MoBE): Adam on all of A, alpha and B at once, rate
 * 0.07, every expert in every step, from the published start. The best of the states before each step is the result. Throws
 * RangeError for sizes that cannot be and weights that are not finite, and the signal's reason when aborted.
 */
export async function learnWithAdam(math: MobeMath, problem: MobeProblem, options: LearnOptions): Promise<LearnResult> {
  const layer = await openLayer(math.compute, problem)
  let learning: AdamLearning | null = null
  const { maxSteps, maxFlops = Infinity, tolerance = 0, learningRate = LEARNING_RATE, checkpointEvery = 0 } = options
  const { shape } = problem
  const { joint, rebuild } = expertWork(shape)
  try {
    learning = options.resume === undefined ? await start(math, layer) : await restoreAdam(math.compute, layer, options.resume)
    while (learning.step < maxSteps && !hasStalled(learning.errors, tolerance)) {
      options.signal?.throwIfAborted()
      if (learning.step > 0 && learning.flops + shape.experts * (joint + rebuild) > maxFlops) break
      const error = await stepOnce(math, layer, learning, learningRate)
      learning.errors = [...learning.errors, Math.fround(error)].slice(-ERROR_HISTORY)
      options.onStep?.({ step: learning.step, flops: learning.flops, relativeError: error })
      if (checkpointEvery > 0 && learning.step % checkpointEvery === 0) await options.onCheckpoint?.(await saveAdam(math.compute, learning))
    }
    return await finishFactors(math, problem, layer, {
      ...(await bestFactors(math, layer, learning)),
      flops: learning.flops,
      steps: learning.step,
    })
  } finally {
    if (learning !== null) disposeAdam(learning)
    layer.dispose()
  }
}
