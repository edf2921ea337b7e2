import type { RunAnnotation, RunSummary } from '../contract/run.ts'
import { changeRun, readRun } from '../store/runs.ts'
import type { ServiceDependencies } from './dependencies.ts'

/** run.annotate: what people write on a run. What is left out stays as it is. @throws ExpectedError 'run-not-found' */
export function runAnnotate({ store }: ServiceDependencies, { runId, tags, note, starred }: RunAnnotation & { runId: string }): RunSummary {
  changeRun(store, runId, {
    ...(tags === undefined ? {} : { tags: distinct(tags) }),
    ...(note === undefined ? {} : { note }),
    ...(starred === undefined ? {} : { starred }),
  })
  return readRun(store, runId).summary
}

/** Each tag once, in its first spelling: "Draft" and "draft" are one. */
function distinct(tags: readonly string[]): string[] {
  const seen = new Set<string>()
  return tags.filter((tag) => {
    const key = tag.toLowerCase()
    return !seen.has(key) && seen.add(key)
  })
}
