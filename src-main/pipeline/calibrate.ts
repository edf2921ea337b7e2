import { mkdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { collectStatistics } from '../calibration/collect.ts'
import { calibrationFingerprint } from '../calibration/fingerprint.ts'
import { readStatistics, writeStatistics } from '../calibration/statistics-file.ts'
import type { ModelStatistics } from '../calibration/statistics.ts'
import { ExpectedError } from '../contract/errors.ts'
import { checkedModel } from './checked-model.ts'
import type { Emit } from './events.ts'
import type { Job } from './job.ts'
import { removeLeftParts } from './left-parts.ts'
import type { RunProgress } from './progress.ts'
import type { Tools } from './tools.ts'

/** What calibration measured and where it is kept. */
export interface Calibration {
  readonly statistics: ModelStatistics
  readonly fingerprint: string
  readonly path: string
}

/** Expert with fewer tokens than this are told as unmeasured; their statistics lean on the layer's mean. */
const FEW_TOKENS = 32

interface CalibrateInput {
  readonly job: Extract<Job, { kind: 'prepare' }>
  readonly tools: Tools
  readonly windows: readonly Int32Array[]
  readonly signal: AbortSignal
  readonly emit: Emit
  readonly progress: RunProgress
}

/**
 * Measures the model's statistics on `windows`, or takes those an earlier run kept under the same fingerprint: the verb `calibrate`.
 * Throws the signal's reason, ExpectedError 'tensor-not-finite', 'disk-full' or 'work-folder-not-writable', and what `Forward.runLayer`
 * throws.
 */
export async function calibrate(input: CalibrateInput): Promise<Calibration> {
  const { job, tools, windows, emit } = input
  const fingerprint = await calibrationFingerprint(tools.source.model, windows, { device: tools.forward.device })
  const path = join(job.folders.calibrations, `${fingerprint}.statistics`)
  emit({ kind: 'stage', stage: 'calibrate', state: 'started' })
  await makeFolder(job.folders.calibrations)
  await removeLeftParts(job.folders.calibrations)
  const kept = await readKept(path, emit)
  const statistics = kept ?? (await measure(input))
  if (kept === null) await writeStatistics(path, statistics)
  else for (const { layer, experts } of kept.layers) emit({ kind: 'coverage', layer, tokens: [...experts.tokens] })
  emit({ kind: 'log', level: 'info', line: { say: 'calibrated', tokens: statistics.tokens, reused: kept !== null } })
  warnOfRareExperts(statistics, emit)
  emit({ kind: 'calibrated', fingerprint, path, reused: kept !== null, bytes: (await stat(path)).size })
  emit({ kind: 'stage', stage: 'calibrate', state: kept === null ? 'finished' : 'reused' })
  return { statistics, fingerprint, path }
}

/** Before the work, so that a folder that cannot hold the result is told first. */
async function makeFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true }).catch((error: unknown) => {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    throw new ExpectedError('work-folder-not-writable', { path, reason }, { cause: error })
  })
}

/** One pass over `windows`. Every weight is looked at on the way: statistics of a model that holds NaN would be worth nothing. */
async function measure({ tools, windows, signal, emit, progress }: CalibrateInput): Promise<ModelStatistics> {
  const { model, checkRest } = checkedModel(tools.source.model)
  const statistics = await collectStatistics(tools.forward, model, windows, {
    signal,
    onProgress: (layer, share) => progress.at((layer + share) / model.shape.layers, layer),
    onCoverage: (layer, tokens) => emit({ kind: 'coverage', layer, tokens: [...tokens] }),
  })
  await checkRest(signal)
  return statistics
}

/** The statistics kept at `path`; null when there are none, or when they are damaged, which is said. */
async function readKept(path: string, emit: Emit): Promise<ModelStatistics | null> {
  if ((await stat(path).catch(() => null)) === null) return null // nothing kept yet
  try {
    return await readStatistics(path)
  } catch (error) {
    if (!(error instanceof ExpectedError)) throw error
    emit({ kind: 'log', level: 'warn', line: { say: 'calibration-damaged', why: error.details } })
    return null
  }
}

function warnOfRareExperts(statistics: ModelStatistics, emit: Emit): void {
  const counts = statistics.layers.flatMap(({ experts }) => [...experts.tokens])
  const rare = counts.filter((tokens) => tokens < FEW_TOKENS).length
  if (rare > 0) emit({ kind: 'log', level: 'warn', line: { say: 'experts-rare', rare, experts: counts.length, tokens: FEW_TOKENS } })
}
