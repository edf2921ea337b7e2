import type { RunSummary } from '../../src-main/contract/run.ts'

/** The page that shows a run best: its plan before compressing, its progress meanwhile, its result afterwards. */
export function pageOf(run: Pick<RunSummary, 'id' | 'state' | 'stage'>): { name: string; params: { runId: string } } {
  const early = run.stage === 'open' || run.stage === 'calibrate' || run.stage === 'plan'
  const name = run.state === 'done' ? 'result' : early ? 'plan' : 'run'
  return { name, params: { runId: run.id } }
}
