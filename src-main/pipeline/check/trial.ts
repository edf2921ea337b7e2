import { open, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { collectStatistics } from '../../calibration/collect.ts'
import { writeStatistics } from '../../calibration/statistics-file.ts'
import { modelFingerprint } from '../../calibration/fingerprint.ts'
import { ExpectedError } from '../../contract/errors.ts'
import type { TrialStep } from '../../contract/check.ts'
import type { BudgetBreakdown } from '../../contract/recipe.ts'
import type { TensorAudit } from '../../contract/report.ts'
import { shardName } from '../../forms/folder-tensors.ts'
import { evaluate } from '../../report/evaluate.ts'
import type { TextSplit } from '../../text/split.ts'
import { auditFile } from '../audit-file.ts'
import { budgetOf } from '../budget-of.ts'
import type { Calibration } from '../calibrate.ts'
import { checkWeights } from '../checked-model.ts'
import type { Job, JobEvent } from '../job.ts'
import { planMeasured } from '../prepare.ts'
import type { RunProgress } from '../progress.ts'
import type { Tools } from '../tools.ts'
import { writePlan } from '../write-plan.ts'
import { bytesWritten, hashWritten, openWritten } from '../written.ts'
import { firstLayerOf, tellLayers, trialRecipe, weightsOf } from './first-layer.ts'
import { TRIAL_ROWS } from './predict.ts'
import type { TrialTimes } from './predict.ts'

type CheckJob = Extract<Job, { kind: 'check' }>

/** What the trial works with. `scratch` exists, on the volume the run writes to, and is the caller's to remove. */
export interface TrialInput {
  readonly job: CheckJob
  readonly tools: Tools
  readonly text: TextSplit
  readonly budget: BudgetBreakdown
  /** Seconds it took to open the model and the device. */
  readonly openSeconds: number
  readonly signal: AbortSignal
  onStep(step: TrialStep): void
}

/** Time the calibration of the first layer may take: more windows tell better how long all of them will. */
const PATIENCE_SECONDS = 6
/** Windows judged on, at least two of which a comparison needs. */
const JUDGED_WINDOWS = 4
/** Most bytes written to find out how fast the volume is. */
const WRITE_BYTES = 256 * 2 ** 20

const SILENT: RunProgress = { enter: () => {}, at: () => {} }

/** Takes the model's first layer through everything a run does, on a file that is thrown away. Throws what a run throws. */
export async function tryFirstLayer(input: TrialInput): Promise<TrialTimes> {
  const {
    tools: { source },
    job,
    signal,
    onStep,
  } = input
  const first = firstLayerOf(source)
  const tools: Tools = { ...input.tools, source: first }
  const reading = await timed(() => readLayer(first, signal))
  onStep({ id: 'read', seconds: reading.seconds, bytes: reading.value })
  const passing = await passes(tools, input.text.calibration, signal)
  const path = join(job.scratch, 'trial.statistics')
  await writeStatistics(path, passing.statistics)
  const statisticsBytes = (await stat(path)).size
  onStep({ id: 'calibrate', seconds: passing.seconds, bytes: statisticsBytes })
  const calibration = { statistics: passing.statistics, fingerprint: 'trial', path }
  const written = await writeLayer(input, tools, calibration, passing.windows)
  const writing = await timed(() => writeAgain(written.file, job.scratch))
  const encodeSeconds = written.planSeconds + Math.max(0, written.seconds - writing.seconds)
  onStep({ id: 'encode', seconds: encodeSeconds, bytes: written.bytes })
  onStep({ id: 'write', seconds: writing.seconds, bytes: writing.value })
  const { audit, judge } = await readBack(input, tools, calibration, written.outPath)
  onStep({ id: 'readBack', seconds: audit, bytes: written.bytes })
  return {
    openSeconds: input.openSeconds,
    passes: passing.times,
    trialTokens: passing.tokens,
    statisticsBytes,
    planSeconds: written.planSeconds,
    walks: written.walks,
    writeSeconds: written.seconds,
    outsideSeconds: written.outsideSeconds,
    learning: written.learning,
    judge,
    auditSeconds: audit,
    weights: weightsOf(first),
  }
}

/** Every weight of the layer, once: a broken shard or a weight that is no number shows here. @returns bytes read */
async function readLayer({ model }: ReturnType<typeof firstLayerOf>, signal: AbortSignal): Promise<number> {
  let bytes = 0
  const [layer] = model.layers
  if (layer === undefined) throw new RangeError('the model has no layer')
  const { tensors, experts } = layer
  for (const tensor of [...Object.values(tensors), ...experts.flatMap(({ gate, up, down }) => [gate, up, down])]) {
    await checkWeights(tensor, signal)
    bytes += tensor.bytes
  }
  return bytes
}

/** Runs the layer on one window to warm up, on the same to learn what it costs at least, and on as many as patience allows. */
async function passes({ forward, source: { model } }: Tools, windows: readonly Int32Array[], signal: AbortSignal) {
  const run = (count: number) => timed(() => collectStatistics(forward, model, windows.slice(0, count), { signal }))
  const tokensOf = (count: number): number => windows.slice(0, count).reduce((sum, { length }) => sum + length, 0)
  const warmUp = await run(1)
  const least = await run(1)
  const count = Math.min(windows.length, Math.max(2, Math.floor(PATIENCE_SECONDS / least.seconds)))
  const most = await run(count)
  const tokens = tokensOf(count)
  const perToken = count === 1 ? least.seconds / tokens : Math.max(0, most.seconds - least.seconds) / (tokens - tokensOf(1))
  return {
    statistics: most.value,
    windows: windows.slice(0, count),
    tokens,
    seconds: warmUp.seconds + least.seconds + most.seconds,
    times: { fixed: Math.max(0, least.seconds - perToken * tokensOf(1)), perToken, warmUp: Math.max(0, warmUp.seconds - least.seconds) },
  }
}

/** Plans and writes the layer as the run will. */
async function writeLayer(
  { job, tools: whole, budget, signal }: TrialInput,
  tools: Tools,
  calibration: Calibration,
  windows: readonly Int32Array[],
) {
  const { source } = tools
  const recipe = trialRecipe(job.recipe, whole.source, budget, source)
  const folders = { ...job.folders, calibrations: job.scratch, outputs: job.scratch }
  const planning = await timed(() =>
    planMeasured(
      { job: { kind: 'prepare', recipe, folders, stopAfter: 'plan' }, tools, windows, signal, progress: SILENT, rows: TRIAL_ROWS },
      calibration,
      budgetOf(recipe, source),
    ),
  )
  const plan = { ...planning.value, model: await modelFingerprint(source.model) }
  const outPath = join(job.scratch, 'trial')
  let outsideSeconds = 0
  const steps = new Map<string, number[]>()
  const emit = (event: JobEvent): void => {
    if (event.kind === 'layer' && event.row.layer === null) outsideSeconds = event.row.seconds
    if (event.kind === 'learning' && event.expert === null) steps.set(event.role, [...(steps.get(event.role) ?? []), performance.now()])
  }
  const writing = await timed(() =>
    writePlan({
      job: { kind: 'finish', recipe, folders, plan, calibrationPath: calibration.path, outPath, journal: [], ownsPartial: true },
      tools,
      windows,
      progress: SILENT,
      signal,
      emit,
    }),
  )
  const format = plan.format
  if (format !== 'gguf') await tellLayers(outPath, whole.source, source)
  return {
    outPath,
    outsideSeconds,
    walks: format !== 'gguf' || plan.rounding === 'feedback',
    planSeconds: planning.seconds,
    seconds: writing.seconds,
    bytes: await bytesWritten(outPath, format),
    file: format === 'gguf' ? outPath : join(outPath, shardName(1, 2)),
    learning: learningOf(recipe.parameters, [...steps.values()]),
  }
}

/** Seconds of one step over all projections, and how many were made; null where nothing is learned in steps. */
function learningOf(parameters: Readonly<Record<string, unknown>>, ends: readonly (readonly number[])[]): TrialTimes['learning'] {
  const { steps } = parameters
  const measured = ends.filter(({ length }) => length > 1)
  if (typeof steps !== 'number' || measured.length === 0) return null
  const stepSeconds = measured.reduce((sum, at) => sum + ((at.at(-1) ?? 0) - (at[0] ?? 0)) / (at.length - 1) / 1000, 0)
  return { stepSeconds: stepSeconds * (ends.length / measured.length), steps }
}

/** Writes the beginning of what was made once more and waits until the disk has it. @returns bytes written */
async function writeAgain(path: string, folder: string): Promise<number> {
  const copy = join(folder, 'write-test')
  const source = await open(path)
  try {
    const { buffer, bytesRead } = await source.read(Buffer.alloc(Math.min(WRITE_BYTES, (await source.stat()).size)), 0)
    const target = await open(copy, 'wx')
    try {
      await target.write(buffer, 0, bytesRead)
      await target.sync()
    } finally {
      await target.close()
    }
    return bytesRead
  } finally {
    await source.close()
  }
}

/** Hashes what was written, decodes it and compares it with the source; then judges it on a little text. */
async function readBack({ text, signal }: TrialInput, tools: Tools, { statistics }: Calibration, outPath: string) {
  const format = (await stat(outPath)).isDirectory() ? 'safetensors' : 'gguf'
  const written = await openWritten(outPath, format, tools)
  try {
    const auditing = await timed(async () => {
      await hashWritten(outPath, format)
      return auditFile(tools.source, written, format, statistics, signal)
    })
    requireNumbers(auditing.value, outPath)
    const windows = text.heldOut.slice(0, JUDGED_WINDOWS)
    const begun = performance.now()
    let layersEnd = begun
    await evaluate(tools.forward, tools.source.model, written, windows, {
      signal,
      onProgress: (done) => {
        if (done <= 2) layersEnd = performance.now()
      },
    })
    const tokens = windows.reduce((sum, { length }) => sum + length, 0)
    return {
      audit: auditing.seconds,
      judge: { layersSeconds: (layersEnd - begun) / 1000, headSeconds: (performance.now() - layersEnd) / 1000, tokens },
    }
  } finally {
    await written.close()
  }
}

function requireNumbers(rows: readonly TensorAudit[], path: string): void {
  const broken = rows.find((row) => !Number.isFinite(row.relativeError))
  if (broken !== undefined) throw new ExpectedError('verification-failed', { path, reason: 'not-numbers', tensor: broken.tensor })
}

async function timed<T>(work: () => Promise<T>): Promise<{ value: T; seconds: number }> {
  const begun = performance.now()
  const value = await work()
  return { value, seconds: (performance.now() - begun) / 1000 }
}
