import { stat } from 'node:fs/promises'
import { modelFingerprint } from '../calibration/fingerprint.ts'
import { walkLayers } from '../calibration/walk-layers.ts'
import { readStatistics } from '../calibration/statistics-file.ts'
import { ExpectedError } from '../contract/errors.ts'
import type { Report } from '../contract/report.ts'
import { sha256OfRange } from '../formats/positional-read.ts'
import { openGgufModel } from '../model/open-gguf.ts'
import { auditFile } from './audit-file.ts'
import { compress } from './compress.ts'
import { EncodePool } from './encode-pool.ts'
import type { Emit } from './events.ts'
import type { Job } from './job.ts'
import { judgeFile, judgePhases, tellVerdict } from './judge-file.ts'
import type { Judgment } from './judge-file.ts'
import { checkRoom } from './output.ts'
import { peakMemoryBytes } from './peak-memory.ts'
import { trackProgress } from './progress.ts'
import type { Phase, Progress } from './progress.ts'
import type { Source } from './source.ts'
import { readWindows } from './text.ts'
import { openTools } from './tools.ts'
import type { Tools } from './tools.ts'
import { encodeUnits } from './work.ts'

type FinishJob = Extract<Job, { kind: 'finish' }>

/** compress, then report: writes the planned file and judges it. Resumes after the layers in the job's journal. */
export async function finish(job: FinishJob, signal: AbortSignal, emit: Emit): Promise<void> {
  const started = performance.now()
  const tools = await openTools(job.recipe)
  try {
    const { source } = tools
    await requirePlanned(job, source)
    const { calibration, heldOut } = await readWindows(job.recipe, source, job.folders)
    const encode: Phase = { stage: 'compress', activity: 'encode', units: encodeUnits(job.plan.weights) }
    const judging = judgePhases(source, heldOut)
    const progress = trackProgress([encode, judging.evaluate, judging.verify], source.model.shape.layers, emit)
    emit({ kind: 'stage', stage: 'compress', state: 'started' })
    progress.enter(encode)
    await write(job, tools, calibration, progress, signal, emit)
    emit({ kind: 'stage', stage: 'compress', state: 'finished' })
    emit({ kind: 'stage', stage: 'report', state: 'started' })
    const judgment = await judgeFile({
      ...tools, file: job.outPath, heldOut, seed: job.recipe.seed, signal, progress, phases: judging,
    })
    tellVerdict(judgment, emit)
    const report = await assemble(job, tools, judgment, signal, started)
    emit({ kind: 'reported', report })
    emit({ kind: 'stage', stage: 'report', state: 'finished' })
  } finally {
    await tools.close()
  }
}

/** The plan's decisions and the journal's bytes hold for one checkpoint only. */
async function requirePlanned({ plan, recipe }: FinishJob, { model }: Source): Promise<void> {
  if (plan.model === undefined || plan.model === await modelFingerprint(model)) return
  throw new ExpectedError('request-invalid', {
    reason: `the model in ${recipe.modelPath} is not the one this run was planned for; put that one back to go on, or start a new run`,
  })
}

/** Writes the file, unless an earlier attempt already finished it and only the report is missing. */
async function write(job: FinishJob, tools: Tools, windows: readonly Int32Array[], progress: Progress, signal: AbortSignal, emit: Emit): Promise<void> {
  if (await isWritten(job, tools)) return
  await checkRoom(job.outPath, job.plan.bytes)
  const statistics = await readStatistics(job.calibrationPath)
  const pool = new EncodePool(tools.kernels, tools.threads)
  try {
    const before = job.journal.length === 0 ? 0 : weightsBefore(job)
    await compress({
      source: tools.source, statistics, plan: job.plan, outPath: job.outPath, overwrite: job.recipe.overwrite, journal: job.journal, pool, signal,
      layersFrom: job.plan.rounding !== 'feedback' ? null
        : (from) => walkLayers(tools.forward, tools.source.model, windows, { kernels: tools.kernels, signal, from, attention: true }),
      onLayer: (row) => {
        emit({ kind: 'layer', row })
        const what = row.layer === null ? 'embedding and output' : `layer ${row.layer + 1}`
        emit({ kind: 'log', level: 'info', text: `${what} written: ${row.bytes} bytes in ${row.seconds.toFixed(1)} s` })
      },
      onProgress: (weights, layer) => progress.at((before + weights) / job.plan.weights, layer),
    })
  } finally {
    await pool.close()
  }
}

/** Whether the journal is complete and the finished file has the planned size and the journaled bytes. */
async function isWritten(job: FinishJob, tools: Tools): Promise<boolean> {
  if (job.journal.length < tools.source.model.shape.layers + 1) return false
  const facts = await stat(job.outPath).catch(() => null) // not there: it is written now
  if (facts?.size !== job.plan.bytes) return false
  let start = job.plan.headerBytes
  for (const row of job.journal) {
    if ((await sha256OfRange(job.outPath, start, start + row.bytes)) !== row.sha256) return false
    start += row.bytes
  }
  return true
}

function weightsBefore(job: FinishJob): number {
  const done = new Set(job.journal.map((row) => row.layer))
  return job.plan.cells.reduce((sum, cell) => sum + (done.has(cell.layer) ? cell.weights : 0), 0)
}

/** The report, its seconds and memory taken last: reading the file back counts too. @param started by performance.now() */
async function assemble(job: FinishJob, tools: Tools, judgment: Judgment, signal: AbortSignal, started: number): Promise<Report> {
  const statistics = await readStatistics(job.calibrationPath)
  const written = await openGgufModel(job.outPath, tools.kernels)
  try {
    const { size } = await stat(job.outPath)
    const sha256 = await sha256OfRange(job.outPath, 0, size)
    const audit = await auditFile(tools.source, written, statistics, signal)
    return {
      version: 1,
      method: job.plan.method,
      device: tools.forward.device,
      kernels: tools.kernels.name,
      seconds: (performance.now() - started) / 1000,
      peakMemoryBytes: peakMemoryBytes(),
      budgetBytes: job.plan.budgetBytes,
      planBytes: job.plan.bytes,
      bitsPerWeight: (size * 8) / job.plan.weights,
      original: { bytes: tools.source.facts.bytes },
      file: { path: job.outPath, bytes: size, sha256 },
      ...judgment,
      audit,
    }
  } finally {
    await written.close()
  }
}
