import { answersOf } from './answers-in-work.ts'
import type { ServiceDependencies } from './dependencies.ts'

/** answer.cancel: ends a run's answer where it is; its `answer.start` then gives what was said. Nothing happens where none is given. */
export function answerCancel(dependencies: ServiceDependencies, { runId }: { runId: string }): Record<string, never> {
  answersOf(dependencies).cancel(runId)
  return {}
}
