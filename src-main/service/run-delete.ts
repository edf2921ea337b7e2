import { rm, stat } from 'node:fs/promises'
import { ExpectedError } from '../contract/errors.ts'
import { RunState, type RunDetail } from '../contract/run.ts'
import { partialPath } from '../formats/gguf/writer.ts'
import { deleteRun, readRun, runsWithOutput, WORKING } from '../store/runs.ts'
import type { ServiceDependencies } from './dependencies.ts'

/** States in which a run may have an unfinished file on disk. */
const UNFINISHED = RunState.options.filter((state) => state !== 'done')

/**
 * run.delete: forgets a run; with `deleteFile` also removes the file it wrote. What it left unfinished is always removed.
 * @throws ExpectedError 'run-not-found', 'run-busy' for a run at work
 */
export async function runDelete(
  { store }: ServiceDependencies, { runId, deleteFile }: { runId: string; deleteFile: boolean },
): Promise<{ freedBytes: number }> {
  const run = readRun(store, runId)
  const { state, outPath } = run.summary
  if (WORKING.includes(state)) throw new ExpectedError('run-busy', { runId, state })
  let freedBytes = 0
  if (state !== 'done' && outPath !== null && runsWithOutput(store, outPath, UNFINISHED, runId).length === 0) {
    freedBytes += await removeFile(partialPath(outPath))
  }
  if (deleteFile && await isOwnFile(run)) freedBytes += await removeFile(run.report?.file.path ?? '')
  deleteRun(store, runId)
  return { freedBytes }
}

/** Whether the file at the run's path still has the size it wrote: another file under that name is not ours to remove. */
async function isOwnFile({ report }: RunDetail): Promise<boolean> {
  return report !== null && await sizeOf(report.file.path) === report.file.bytes
}

async function removeFile(path: string): Promise<number> {
  const bytes = await sizeOf(path)
  await rm(path, { force: true })
  return bytes ?? 0
}

async function sizeOf(path: string): Promise<number | null> {
  return stat(path).then((facts) => facts.size, () => null)
}
