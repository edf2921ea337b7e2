import { walkLayers } from '../calibration/walk-layers.ts'
import { readStatistics } from '../calibration/statistics-file.ts'
import type { Plan } from '../contract/plan.ts'
import type { JournalRow } from '../contract/run.ts'
import { compress } from './compress.ts'
import { compressFolder } from './compress-folder.ts'
import { EncodePool } from './encode-pool.ts'
import type { Emit } from './events.ts'
import { folderFiles } from './folder-files.ts'
import type { Job } from './job.ts'
import { checkRoom } from './output.ts'
import type { RunProgress } from './progress.ts'
import type { Tools } from './tools.ts'
import { clearBeside, isWritten, takeUpUnheard } from './written-before.ts'
import { wayOf } from './way.ts'

/** What writing a plan works with. */
interface WriteWork {
  readonly job: Extract<Job, { kind: 'finish' }>
  readonly tools: Tools
  /** The calibration text. */
  readonly windows: readonly Int32Array[]
  readonly progress: RunProgress
  readonly signal: AbortSignal
  readonly emit: Emit
}

/** Writes what was planned, unless an earlier attempt already finished it and only the report is missing. */
export async function writePlan(work: WriteWork): Promise<void> {
  const { outPath, plan } = work.job
  if (await isWritten(work.job, work.tools.source)) return clearBeside(work.job)
  await takeUpUnheard(work.job, work.tools.source)
  await checkRoom(outPath, plan.bytes)
  await withPool(work, (pool) => (plan.format === 'gguf' ? writeFile(work, pool) : writeFolder(work, pool)))
}

/** Gives `write` the threads to round on, and tells afterwards what could not be rounded as planned. */
async function withPool({ tools, signal, emit }: WriteWork, write: (pool: EncodePool) => Promise<void>): Promise<void> {
  const pool = new EncodePool(tools.kernels, tools.threads, signal)
  try {
    await write(pool)
    if (pool.unfactored > 0) emit({ kind: 'log', level: 'warn', line: { say: 'inputs-unfactored', sets: pool.unfactored } })
  } finally {
    await pool.close()
  }
}

async function writeFile(work: WriteWork, pool: EncodePool): Promise<void> {
  const { job, progress, tools, signal } = work
  const before = weightsBefore(job.plan, job.journal)
  await compress({
    source: tools.source,
    statistics: await readStatistics(job.calibrationPath),
    plan: job.plan,
    outPath: job.outPath,
    overwrite: job.recipe.overwrite,
    ownsPartial: job.ownsPartial,
    journal: job.journal,
    pool,
    signal,
    layersFrom: job.plan.rounding === 'feedback' ? layersOf(work, pool, true) : null,
    onLayer: (row) => tellLayer(work, row),
    onProgress: (weights, layer) => progress.at((before + weights) / job.plan.weights, layer),
  })
}

async function writeFolder(work: WriteWork, pool: EncodePool): Promise<void> {
  const { job, tools, progress, signal, emit } = work
  const { plan, outPath } = job
  const way = wayOf({ method: plan.method, format: plan.format })
  if (way.format === 'gguf') throw new Error('a GGUF plan does not make a folder')
  const wantsAttention =
    plan.form?.layers.some(({ query, key, value, attentionOutput }) => query ?? key ?? value ?? attentionOutput) === true
  await compressFolder({
    source: tools.source,
    kernels: tools.kernels,
    forms: way.forms,
    plan,
    outPath,
    overwrite: job.recipe.overwrite,
    ownsPartial: job.ownsPartial,
    journal: job.journal,
    files: await folderFiles(tools.source, plan, outPath, job.folders.resources),
    signal,
    layersFrom: layersOf(work, pool, wantsAttention),
    rebuild: { multiply: (a, b) => tools.forward.matrices.product(a, b) },
    onLayer: (row) => tellLayer(work, row),
    onProgress: (share, layer) => progress.at(share, layer),
    onLearning: (layer, step) => emit({ kind: 'learning', layer, ...step }),
  })
}

function layersOf({ tools, windows, signal }: WriteWork, rounding: EncodePool, attention: boolean) {
  return (from: number) =>
    walkLayers(tools.forward, tools.source.model, windows, { kernels: tools.kernels, rounding, signal, from, attention })
}

function tellLayer({ emit }: WriteWork, row: JournalRow): void {
  emit({ kind: 'layer', row })
  const { layer, bytes, seconds } = row
  emit({ kind: 'log', level: 'info', line: { say: 'layer-written', layer, bytes, seconds } })
}

/** The weights of layers an earlier attempt finished: they count as done. */
function weightsBefore(plan: Plan, journal: readonly JournalRow[]): number {
  const done = new Set(journal.map((row) => row.layer))
  return plan.cells.reduce((sum, cell) => sum + (done.has(cell.layer) ? cell.weights : 0), 0)
}
