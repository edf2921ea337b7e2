import type { Emit } from './events.ts'
import type { Gate } from './gate.ts'
import type { Job } from './job.ts'
import { judgeFile, judgePhases, tellVerdict } from './judge-file.ts'
import { judgedOn } from './judged-on.ts'
import { trackProgress } from './progress.ts'
import { readWindows } from './text.ts'
import { openTools } from './tools.ts'
import { formatAt, bytesWritten, hashWritten } from './written.ts'

type JudgeJob = Extract<Job, { kind: 'judge' }>

/** Judges an existing GGUF file or exported folder against the recipe's model: a report without plan and audit. */
export async function judge(job: JudgeJob, signal: AbortSignal, emit: Emit, gate: Gate | null = null): Promise<void> {
  const started = performance.now()
  const tools = await openTools(job, gate)
  try {
    const { source } = tools
    const { heldOut } = await readWindows(job.recipe, source, job.folders)
    const phases = judgePhases(source, heldOut)
    const progress = trackProgress([phases.evaluate, phases.verify], source.model.shape.layers, emit)
    emit({ kind: 'stage', stage: 'report', state: 'started' })
    const format = await formatAt(job.file)
    const judgment = await judgeFile({ ...tools, file: job.file, format, heldOut, seed: job.recipe.seed, signal, progress, phases })
    tellVerdict(judgment, format, emit)
    const bytes = await bytesWritten(job.file, format)
    const sha256 = await hashWritten(job.file, format)
    const weights = source.tensors.reduce((sum, tensor) => sum + tensor.weights, 0)
    emit({
      kind: 'reported',
      report: {
        version: 1,
        method: 'none',
        device: tools.forward.device,
        kernels: tools.kernels.name,
        seconds: (performance.now() - started) / 1000,
        format,
        budgetBytes: bytes,
        planBytes: bytes,
        bitsPerWeight: (bytes * 8) / weights,
        original: { bytes: source.facts.bytes },
        file: { path: job.file, bytes, sha256 },
        ...judgment,
        judgedOn: judgedOn(source, heldOut),
        audit: [],
      },
    })
    emit({ kind: 'stage', stage: 'report', state: 'finished' })
  } finally {
    await tools.close()
  }
}
