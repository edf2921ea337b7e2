import { rm, stat } from 'node:fs/promises'
import { ExpectedError } from '../contract/errors.ts'
import { RunState, type RunDetail } from '../contract/run.ts'
import { partialPath } from '../formats/gguf/writer.ts'
import { mayBeReplaced } from '../formats/safetensors/replace-folder.ts'
import { sizeAt } from '../formats/size-at.ts'
import { learningFolder } from '../pipeline/learning-state.ts'
import { bytesWritten } from '../pipeline/written.ts'
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
    freedBytes += await remove(partialPath(outPath)) + await remove(learningFolder(outPath))
  }
  if (deleteFile && await isOwnFile(run)) freedBytes += await remove(run.report?.file.path ?? '')
  deleteRun(store, runId)
  return { freedBytes }
}

/** Whether what lies at the run's path still has the size it wrote: another file or folder under that name is not ours to remove. */
async function isOwnFile({ report }: RunDetail): Promise<boolean> {
  if (report === null) return false
  const format = report.format ?? 'gguf'
  const facts = await stat(report.file.path).catch(() => null) // gone: nothing to remove
  if (facts === null || facts.isDirectory() !== (format !== 'gguf')) return false
  if (facts.isDirectory() && !await mayBeReplaced(report.file.path)) return false
  return await bytesWritten(report.file.path, format) === report.file.bytes
}

/** Removes a file or a folder. @returns the bytes it had */
async function remove(path: string): Promise<number> {
  if (path === '') return 0
  const bytes = await sizeAt(path)
  await rm(path, { force: true, recursive: true })
  return bytes
}
