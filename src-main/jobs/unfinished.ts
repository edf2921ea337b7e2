import { rm } from 'node:fs/promises'
import { RunState, type RunDetail } from '../contract/run.ts'
import { partialPath } from '../formats/gguf/writer.ts'
import { sizeAt } from '../formats/size-at.ts'
import { learningFolder } from '../pipeline/learning-state.ts'
import { clearJournal } from '../store/journal.ts'
import { runsWithOutput } from '../store/runs.ts'
import type { Store } from '../store/store.ts'

/** States in which a run may have an unfinished file on disk. */
const UNFINISHED = RunState.options.filter((state) => state !== 'done')

/**
 * Removes what a run at rest has written so far, if it had begun to write: layers, what it was learning, and the journal of both. What
 * another run may come back for stays.
 * @returns the bytes it had
 */
export async function removeUnfinished(
  store: Store,
  { summary: { id, state, stage, outPath } }: Pick<RunDetail, 'summary'>,
): Promise<number> {
  const begun = stage === 'compress' || stage === 'report'
  if (!begun || state === 'done' || outPath === null || runsWithOutput(store, outPath, UNFINISHED, id).length > 0) return 0
  clearJournal(store, id)
  return (await removeWithSize(partialPath(outPath))) + (await removeWithSize(learningFolder(outPath)))
}

/** Removes a file or a folder. @returns the bytes it had */
export async function removeWithSize(path: string): Promise<number> {
  if (path === '') return 0
  const bytes = await sizeAt(path)
  await rm(path, { force: true, recursive: true })
  return bytes
}
