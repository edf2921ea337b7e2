import { stat } from 'node:fs/promises'
import { sha256OfRange } from '../formats/positional-read.ts'
import type { Emit } from './events.ts'
import type { Job } from './job.ts'
import { judgeFile, judgePhases, tellVerdict } from './judge-file.ts'
import { peakMemoryBytes } from './peak-memory.ts'
import { trackProgress } from './progress.ts'
import { readWindows } from './text.ts'
import { openTools } from './tools.ts'

type JudgeJob = Extract<Job, { kind: 'judge' }>

/** Judges an existing GGUF file against the recipe's model: a report without plan and audit. */
export async function judge(job: JudgeJob, signal: AbortSignal, emit: Emit): Promise<void> {
  const started = performance.now()
  const tools = await openTools(job.recipe)
  try {
    const { source } = tools
    const { heldOut } = await readWindows(job.recipe, source, job.folders)
    const phases = judgePhases(source, heldOut)
    const progress = trackProgress([phases.evaluate, phases.verify], source.model.shape.layers, emit)
    emit({ kind: 'stage', stage: 'report', state: 'started' })
    const judgment = await judgeFile({ ...tools, file: job.file, heldOut, seed: job.recipe.seed, signal, progress, phases })
    tellVerdict(judgment, emit)
    const { size } = await stat(job.file)
    const weights = source.tensors.reduce((sum, tensor) => sum + tensor.weights, 0)
    emit({
      kind: 'reported',
      report: {
        version: 1, method: 'none', device: tools.forward.device, kernels: tools.kernels.name, seconds: (performance.now() - started) / 1000,
        peakMemoryBytes: peakMemoryBytes(), budgetBytes: size, planBytes: size, bitsPerWeight: (size * 8) / weights,
        original: { bytes: source.facts.bytes }, file: { path: job.file, bytes: size, sha256: await sha256OfRange(job.file, 0, size) },
        ...judgment, audit: [],
      },
    })
    emit({ kind: 'stage', stage: 'report', state: 'finished' })
  } finally {
    await tools.close()
  }
}
