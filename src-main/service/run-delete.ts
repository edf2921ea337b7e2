import { stat } from 'node:fs/promises'
import { ExpectedError } from '../contract/errors.ts'
import type { RunDetail } from '../contract/run.ts'
import { mayBeReplaced } from '../formats/safetensors/replace-folder.ts'
import { removeUnfinished, removeWithSize } from '../jobs/unfinished.ts'
import { bytesWritten } from '../pipeline/written.ts'
import { deleteRun, readRun, WORKING } from '../store/runs.ts'
import type { Store } from '../store/store.ts'
import type { ServiceDependencies } from './dependencies.ts'

/**
 * run.delete: forgets a run; with `deleteFile` also removes the file it wrote. What it left unfinished is always removed.
 * @throws ExpectedError 'run-not-found', 'run-busy' for a run at work
 */
export async function runDelete(
  { store, runner }: ServiceDependencies,
  { runId, deleteFile }: { runId: string; deleteFile: boolean },
): Promise<{ freedBytes: number }> {
  if (isDamaged(store, runId)) {
    // What it wrote, and whether that is its own, cannot be told any more.
    deleteRun(store, runId)
    return { freedBytes: 0 }
  }
  // A paused run may still wait in memory.
  if (readRun(store, runId).summary.state === 'paused') await runner.cancel(runId)
  const run = readRun(store, runId)
  const { state, importedAt } = run.summary
  if (WORKING.includes(state)) throw new ExpectedError('run-busy', { runId, state })
  if (importedAt !== null) {
    // Another machine's: whatever lies here under its names is not its own.
    deleteRun(store, runId)
    return { freedBytes: 0 }
  }
  let freedBytes = await removeUnfinished(store, run)
  if (deleteFile && (await isOwnFile(run))) freedBytes += await removeWithSize(run.report?.file.path ?? '')
  deleteRun(store, runId)
  return { freedBytes }
}

function isDamaged(store: Store, runId: string): boolean {
  try {
    readRun(store, runId)
    return false
  } catch (error) {
    if (error instanceof ExpectedError && error.code === 'run-damaged') return true
    throw error
  }
}

/** Whether what lies at the run's path still has the size it wrote: another file or folder under that name is not ours to remove. */
async function isOwnFile({ report }: RunDetail): Promise<boolean> {
  if (report === null) return false
  const format = report.format ?? 'gguf'
  const facts = await stat(report.file.path).catch(() => null) // gone: nothing to remove
  if (facts === null || facts.isDirectory() !== (format !== 'gguf')) return false
  if (facts.isDirectory() && !(await mayBeReplaced(report.file.path))) return false
  return (await bytesWritten(report.file.path, format)) === report.file.bytes
}
