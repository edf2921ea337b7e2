import { because, clause } from './because.ts'
import type { ErrorFacts } from '../../error-facts.ts'
import type { ErrorWords } from '../../error-words.ts'

const isOtherModel = (f: ErrorFacts): boolean => f.text('reason', '') === 'other-model'

/** Words for a request that can't be met: settings that are wrong, one by one, or a plan that no longer fits its model. */
export const REQUEST_INVALID: ErrorWords = {
  what: (f) => {
    if (isOtherModel(f)) return 'The model changed since the plan was made.'
    return f.text('reason', '') ? "That can't be done." : "Some settings aren't valid."
  },
  why: (f) => {
    if (isOtherModel(f))
      return `${f.text('path', 'The folder')} no longer holds the model that this run was planned for, and the plan fits that one only.`
    const problems = f.parts('problems').map(problemWords)
    return problems.length > 0 ? `${problems.join('; ')}.` : because(f, 'a value is missing or out of range')
  },
  remedy: (f) =>
    isOtherModel(f)
      ? 'Change the settings and make the plan again. Or put the old model back and go on.'
      : 'Correct the settings and try again.',
}

function problemWords(problem: ErrorFacts): string {
  const why = clause(problem, 'the value is out of range')
  const setting = problem.text('path', '')
  return setting ? `The setting ${setting}: ${why}` : `${why.charAt(0).toUpperCase()}${why.slice(1)}`
}

/** Words for a run that another one, another window or a terminal is in the way of. */
export const RUN_BUSY: ErrorWords = {
  what: (f) => {
    if (f.text('path', '')) return 'Another run is writing that very file.'
    return f.text('state', '') || f.number('pid') !== null ? 'This run is already at work.' : 'Another run is under way.'
  },
  why: (f) => {
    const path = f.text('path', '')
    if (path) return `Both would write to ${path}, and each would spoil the other's work.`
    const pid = f.number('pid')
    if (pid !== null) return `Process ${pid} works on it, perhaps for another window or a terminal.`
    return f.text('state', '')
      ? 'Its files are in use until it stops.'
      : 'One run at a time gets the whole machine; two would both be slower.'
  },
  remedy: (f) =>
    f.text('path', '')
      ? 'Wait for the other run, or cancel it. Or choose another name under "Where it goes".'
      : 'Wait for it to finish, or cancel it.',
}
