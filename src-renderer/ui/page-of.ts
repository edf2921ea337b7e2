import type { RunSummary } from '../../src-main/contract/run.ts'

/** The page that shows a run best: its plan while that waits for a word, its result when it is done, how far it is otherwise. */
export function pageOf(run: Pick<RunSummary, 'id' | 'state'>): { name: string; params: { runId: string } } {
  const name = run.state === 'done' ? 'result' : run.state === 'planned' ? 'plan' : 'run'
  return { name, params: { runId: run.id } }
}
