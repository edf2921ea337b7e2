import type { RunSummary } from '../../src-main/contract/run.ts'
import { isActive } from '../stores/live-run.ts'
import { isResumable } from './run-words.ts'

/** The run to offer on the first page: the latest that stopped without anybody wanting it to. None while another works. */
export function runToResume(runs: readonly RunSummary[]): RunSummary | null {
  if (runs.some((run) => isActive(run.state))) return null
  const stopped = runs.filter((run) => isResumable(run) && run.state !== 'cancelled')
  return stopped.sort((a, b) => b.updatedAt.localeCompare(a.updatedAt))[0] ?? null
}
