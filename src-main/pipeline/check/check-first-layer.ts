import { mkdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { calibrationFingerprint } from '../../calibration/fingerprint.ts'
import type { CheckItem, TrialStep } from '../../contract/check.ts'
import { ExpectedError, toErrorShape } from '../../contract/errors.ts'
import type { TextSplit } from '../../text/split.ts'
import { budgetOf, requireFeasible } from '../budget-of.ts'
import type { Emit } from '../events.ts'
import type { Job } from '../job.ts'
import { peakMemoryBytes } from '../peak-memory.ts'
import type { Source } from '../source.ts'
import { readWindows } from '../text.ts'
import { openTools } from '../tools.ts'
import type { Tools } from '../tools.ts'
import { deviceItem } from './device.ts'
import { firstLayerOf } from './first-layer.ts'
import { diskItem, outputItem, statisticsBytes, textItem } from './places.ts'
import { predictSeconds, wholeRun } from './predict.ts'
import { tryFirstLayer } from './trial.ts'

type CheckJob = Extract<Job, { kind: 'check' }>
type Say = (item: CheckItem) => void

/** Copies of the residual stream that a pass holds at a time, about. */
const STREAMS = 4

/**
 * Looks at everything a run would meet, then takes the model's first layer through all of it: the verb before the five. What is in the way
 * is told as an item, not thrown; only the signal's reason and bugs are.
 */
export async function checkFirstLayer(job: CheckJob, signal: AbortSignal, emit: Emit): Promise<void> {
  const say: Say = (item) => emit({ kind: 'check', item, step: null })
  const { used, item } = await deviceItem(job.recipe)
  say(item)
  signal.throwIfAborted()
  if (used === null) return
  const begun = performance.now()
  await told(say, 'trial', signal, async () => {
    const tools = await openTools({ ...job, recipe: { ...job.recipe, device: used } })
    try {
      await lookAndTry(job, tools, (performance.now() - begun) / 1000, signal, emit)
    } finally {
      await tools.close()
    }
  })
}

async function lookAndTry(job: CheckJob, tools: Tools, openSeconds: number, signal: AbortSignal, emit: Emit): Promise<void> {
  const say: Say = (item) => emit({ kind: 'check', item, step: null })
  const budget = requireFeasible(budgetOf(job.recipe, tools.source))
  const text = await told(say, 'text', signal, () => readWindows(job.recipe, tools.source, job.folders))
  if (text !== null) say(textItem(job.recipe, tokensOf(text)))
  const reuses = text !== null && (await isCalibrated(job, tools, text))
  const bytes = Math.min(budget.fileBytes, budget.largestBytes)
  const output = await outputItem(job, bytes)
  say(output)
  if (output.state === 'stop') return
  const disk = await diskItem(job, bytes, reuses ? 0 : statisticsBytes(tools.source.model.shape))
  say(disk)
  if (disk.state === 'stop' || text === null) return
  const steps: TrialStep[] = []
  const onStep = (step: TrialStep): void => {
    steps.push(step)
    emit({ kind: 'check', item: null, step })
  }
  await mkdir(job.scratch)
  const times = await tryFirstLayer({ job, tools, text, budget, openSeconds, signal, onStep })
  say({ id: 'trial', state: 'ok', details: { layer: 0, weights: times.weights } })
  const peak = peakMemoryBytes()
  const run = wholeRun(job.recipe, tools.source, firstLayerOf(tools.source), tokensOf(text), reuses)
  emit({
    kind: 'checked',
    seconds: { ...predictSeconds(times, run), reusesCalibration: reuses },
    expectedBytes: Math.round(peak + moreThanTrial(tools.source, tokensOf(text), times.trialTokens)),
    trial: { layer: 0, device: tools.forward.device, weights: times.weights, tokens: times.trialTokens, steps, peakMemoryBytes: peak },
  })
}

/** What the whole run holds beside what the trial held: the stream of all tokens, and what every layer leaves. */
function moreThanTrial({ model: { shape } }: Source, tokens: { calibration: number; heldOut: number }, trialTokens: number): number {
  const streamTokens = Math.max(tokens.calibration, 2 * tokens.heldOut) - trialTokens
  return Math.max(0, streamTokens) * shape.hidden * 4 * STREAMS + statisticsBytes(shape)
}

function tokensOf({ calibration, heldOut }: TextSplit): { calibration: number; heldOut: number } {
  const count = (windows: readonly Int32Array[]): number => windows.reduce((sum, { length }) => sum + length, 0)
  return { calibration: count(calibration), heldOut: count(heldOut) }
}

/** Whether an earlier run left what this one would measure first. */
async function isCalibrated({ folders }: CheckJob, { source, forward }: Tools, { calibration }: TextSplit): Promise<boolean> {
  const fingerprint = await calibrationFingerprint(source.model, calibration, { device: forward.device })
  return stat(join(folders.calibrations, `${fingerprint}.statistics`)).then(
    () => true,
    () => false,
  )
}

/** Does a part of the check; what the user can mend becomes a finding. */
async function told<T>(say: Say, id: CheckItem['id'], signal: AbortSignal, work: () => Promise<T>): Promise<T | null> {
  try {
    return await work()
  } catch (error) {
    if (signal.aborted || !(error instanceof ExpectedError)) throw error
    say({ id, state: 'stop', details: { error: toErrorShape(error) } })
    return null
  }
}
