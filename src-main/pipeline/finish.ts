import { stat } from 'node:fs/promises'
import { modelFingerprint } from '../calibration/fingerprint.ts'
import { readStatistics } from '../calibration/statistics-file.ts'
import { ExpectedError } from '../contract/errors.ts'
import type { Report } from '../contract/report.ts'
import { auditFile } from './audit-file.ts'
import type { Emit } from './events.ts'
import { finishPhases } from './finish-phases.ts'
import type { Gate } from './gate.ts'
import type { Job } from './job.ts'
import { judgeFile, tellVerdict } from './judge-file.ts'
import type { Judgment } from './judge-file.ts'
import { judgedOn } from './judged-on.ts'
import { trackProgress } from './progress.ts'
import type { Source } from './source.ts'
import { readWindows } from './text.ts'
import { openTools } from './tools.ts'
import type { Tools } from './tools.ts'
import { writePlan } from './write-plan.ts'
import { bytesWritten, hashWritten, openWritten } from './written.ts'

type FinishJob = Extract<Job, { kind: 'finish' }>

/** compress, then report: writes the planned file and judges it. Resumes after the layers in the job's journal. */
export async function finish(job: FinishJob, signal: AbortSignal, emit: Emit, gate: Gate | null = null): Promise<void> {
  const started = performance.now()
  const tools = await openTools(job, gate)
  try {
    const { source } = tools
    await requirePlanned(job, source)
    const { calibration, heldOut } = await readWindows(job.recipe, source, job.folders)
    const phases = finishPhases(job.recipe, source, { calibration, heldOut }, job.plan)
    const progress = trackProgress([phases.encode, phases.evaluate, phases.verify], source.model.shape.layers, emit)
    emit({ kind: 'stage', stage: 'compress', state: 'started' })
    progress.enter(phases.encode)
    await writePlan({ job, tools, windows: calibration, progress, signal, emit })
    emit({ kind: 'stage', stage: 'compress', state: 'finished' })
    emit({ kind: 'stage', stage: 'report', state: 'started' })
    const report = await lookedAt(job.outPath, async () => {
      const judgment = await judgeFile({
        ...tools,
        file: job.outPath,
        format: job.plan.format,
        heldOut,
        seed: job.recipe.seed,
        signal,
        progress,
        phases,
      })
      tellVerdict(judgment, job.plan.format, emit)
      return assemble(job, tools, { ...judgment, judgedOn: judgedOn(source, heldOut) }, signal, started)
    })
    emit({ kind: 'reported', report })
    emit({ kind: 'stage', stage: 'report', state: 'finished' })
  } finally {
    await tools.close()
  }
}

/** What somebody removed or renamed meanwhile is told as that, whoever missed it first. */
async function lookedAt<T>(outPath: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const isGone = await stat(outPath).then(
      () => false,
      () => true,
    )
    throw isGone ? new ExpectedError('output-changed', { path: outPath, reason: 'gone' }, { cause: error }) : error
  }
}

/** The plan's decisions and the journal's bytes hold for one checkpoint only. */
async function requirePlanned({ plan, recipe }: FinishJob, { model }: Source): Promise<void> {
  if (plan.model === null || plan.model === (await modelFingerprint(model))) return
  throw new ExpectedError('request-invalid', { reason: 'other-model', path: recipe.modelPath })
}

/** The report, its seconds taken last: reading the file back counts too. @param started by performance.now() */
async function assemble(
  job: FinishJob,
  tools: Tools,
  judgment: Judgment & Pick<Report, 'judgedOn'>,
  signal: AbortSignal,
  started: number,
): Promise<Report> {
  const statistics = await readStatistics(job.calibrationPath)
  const format = job.plan.format
  const written = await openWritten(job.outPath, format, tools)
  try {
    const audit = await auditFile(tools.source, written, format, statistics, signal)
    // Last of all: what is reported as done is there, and is what the report is about.
    const bytes = await bytesWritten(job.outPath, format)
    const sha256 = await hashWritten(job.outPath, format)
    return {
      version: 1,
      method: job.plan.method,
      format,
      device: tools.forward.device,
      kernels: tools.kernels.name,
      seconds: (performance.now() - started) / 1000,
      budgetBytes: job.plan.budgetBytes,
      planBytes: job.plan.bytes,
      bitsPerWeight: (bytes * 8) / job.plan.weights,
      original: { bytes: tools.source.facts.bytes },
      file: { path: job.outPath, bytes, sha256 },
      ...judgment,
      audit,
    }
  } finally {
    await written.close()
  }
}
