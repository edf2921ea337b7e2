import type { ErrorShape } from '../../src-main/contract/error-shape.ts'
import type { RunDetail } from '../../src-main/contract/run.ts'
import type { LogEntry } from '../stores/live-run.ts'
import { logText } from './log-lines.ts'

/** What a bug report needs of a failed run: the machine without anything of the user's, the error, and what was said before it. */
export function failureReport(
  diagnostics: string,
  { summary, recipe, journal }: RunDetail,
  error: ErrorShape,
  log: readonly LogEntry[],
): string {
  const facts = {
    state: summary.state,
    stage: summary.stage,
    method: summary.method,
    format: summary.format,
    finishedParts: journal.length,
    budget: recipe.budget,
    parameters: recipe.parameters,
    device: recipe.device,
    seed: recipe.seed,
  }
  return [
    diagnostics.trimEnd(),
    '',
    '== The run ==',
    JSON.stringify(facts, null, 2),
    '',
    '== What went wrong ==',
    `${error.code}: ${error.message}`,
    JSON.stringify(error.details, null, 2),
    '',
    '== Its log ==',
    log.length === 0 ? '(nothing)' : logText(log),
    '',
  ].join('\n')
}
