import { existsSync } from 'node:fs'
import { ExpectedError } from '../contract/errors.ts'
import { RunState } from '../contract/run.ts'
import type { StoredRun } from '../store/run-rows.ts'
import { changeRun, runsWithOutput } from '../store/runs.ts'
import type { Store } from '../store/store.ts'

/** States in which another run has, or may come back for, an unfinished file. */
const CLAIMING = RunState.options.filter((state) => !['done', 'preparing', 'planned'].includes(state))

/**
 * Makes sure that nobody else writes a run's file. A name that Whittle chose when it planned may have been taken since: then the
 * run gets the next free one. A name the user chose is kept.
 * @throws ExpectedError 'run-busy' when another run writes that very file now
 */
export function secureOutput(store: Store, run: StoredRun): void {
  const { id, outPath } = run.summary
  if (outPath === null || run.journal.length > 0) return
  if (run.recipe.outPath === null) {
    if (isTaken(store, outPath, id)) changeRun(store, id, { outPath: nextFree(store, outPath, id) })
    return
  }
  const [other] = runsWithOutput(store, outPath, ['running'], id)
  if (other !== undefined) throw new ExpectedError('run-busy', { runId: other, path: outPath })
}

function isTaken(store: Store, path: string, id: string): boolean {
  return existsSync(path) || runsWithOutput(store, path, CLAIMING, id).length > 0
}

function nextFree(store: Store, path: string, id: string): string {
  const [, base = path, ending = ''] = /^(.*?)(\.gguf|-gptq|-dense)?$/s.exec(path) ?? []
  for (let n = 2; ; n++) {
    const candidate = `${base}-${n}${ending}`
    if (!isTaken(store, candidate, id)) return candidate
  }
}
