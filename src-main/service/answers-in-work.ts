import { ExpectedError } from '../contract/errors.ts'
import type { ServiceDependencies } from './dependencies.ts'

/** The one answer being given. */
export interface AnswersInWork {
  /** @param busyRun a run that has the engine @throws ExpectedError 'run-busy' */
  begin(runId: string, busyRun: string | null): AbortSignal
  cancel(runId: string): void
  end(runId: string): void
}

const known = new WeakMap<ServiceDependencies, AnswersInWork>()

export function answersOf(dependencies: ServiceDependencies): AnswersInWork {
  const answers = known.get(dependencies) ?? createAnswers()
  known.set(dependencies, answers)
  return answers
}

function createAnswers(): AnswersInWork {
  let current: { runId: string; abort: AbortController } | null = null
  return {
    begin(runId, busyRun) {
      const other = busyRun ?? current?.runId ?? null
      if (other !== null) throw new ExpectedError('run-busy', { runId: other, ...(busyRun === null ? { answering: true } : {}) })
      current = { runId, abort: new AbortController() }
      return current.abort.signal
    },
    cancel(runId) {
      if (current?.runId === runId) current.abort.abort('cancelled')
    },
    end(runId) {
      if (current?.runId === runId) current = null
    },
  }
}
