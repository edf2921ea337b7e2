import { rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { sha256OfRange } from '../formats/positional-read.ts'
import { partialPath } from '../formats/gguf/writer.ts'
import { removeReplaced } from '../formats/safetensors/replace-folder.ts'
import { shardName } from '../forms/folder-tensors.ts'
import type { Job } from './job.ts'
import { learningFolder } from './learning-state.ts'
import type { Source } from './source.ts'
import { bytesWritten } from './written.ts'

type FinishJob = Extract<Job, { kind: 'finish' }>

/** Whether an earlier attempt finished what was planned: the journal is complete, and what lies at the output bears it out. */
export async function isWritten(job: FinishJob, source: Source): Promise<boolean> {
  return job.journal.length === rowsOf(source) && (await isBorneOut(job, source))
}

/**
 * A run that ended before its last layers were journaled may have given the output its name already. What the journal tells of is taken up
 * under the temporary name, to be gone on with. Nothing happens where the output is another run's, or is not what the journal says.
 */
export async function takeUpUnheard(job: FinishJob, source: Source): Promise<void> {
  const partial = partialPath(job.outPath)
  if (job.ownsOutput !== true || job.journal.length === 0 || (await stat(partial).catch(() => null)) !== null) return
  if (await isBorneOut(job, source)) await rename(job.outPath, partial)
}

/** Removes what a run that was killed left beside its finished output: states of learning, and the folder it replaced. */
export async function clearBeside({ outPath, plan }: FinishJob): Promise<void> {
  if (plan.format === 'gguf') return
  // Where nothing can be removed any more, the report can be made all the same.
  await Promise.allSettled([rm(learningFolder(outPath), { recursive: true, force: true }), removeReplaced(outPath)])
}

/** One for the tensors of no layer, and one for each layer. */
function rowsOf({ model }: Source): number {
  return model.shape.layers + 1
}

/** Whether what lies at the output has the planned size and holds the bytes of every journaled layer. */
async function isBorneOut(job: FinishJob, source: Source): Promise<boolean> {
  const isFile = job.plan.format === 'gguf'
  const facts = await stat(job.outPath).catch(() => null) // not there: it is written now
  if (facts === null || facts.isDirectory() === isFile || (await bytesWritten(job.outPath, job.plan.format)) !== job.plan.bytes)
    return false
  let start = job.plan.headerBytes
  for (const { layer, bytes, sha256 } of job.journal) {
    const found = isFile
      ? await sha256OfRange(job.outPath, start, start + bytes)
      : // not there, or shorter
        await sha256OfRange(join(job.outPath, shardName(layer === null ? 0 : layer + 1, rowsOf(source))), 0, bytes).catch(() => null)
    if (found !== sha256) return false
    start += bytes
  }
  return true
}
