import { isDeepStrictEqual } from 'node:util'
import type { Report } from '../contract/report.ts'
import type { RunDetail, RunSummary } from '../contract/run.ts'
import { insertBroughtRun, possibleTwins } from '../store/imported-runs.ts'
import { readRun } from '../store/runs.ts'
import type { Store } from '../store/store.ts'
import { toBaseNames } from './base-names.ts'
import type { ServiceDependencies } from './dependencies.ts'
import { readBundle } from './read-bundle.ts'

/**
 * bundle.import: takes in another machine's runs, all or none. Those already here are left as they are. @throws ExpectedError
 * 'bundle-invalid'
 */
export function bundleImport({ store }: ServiceDependencies, { bundle }: { bundle: unknown }): { imported: RunSummary[]; known: number } {
  const { runs } = readBundle(bundle)
  return store.database
    .transaction(() => {
      const fresh = runs.flatMap((run) => (isKnown(store, run.detail) ? [] : [insertBroughtRun(store, run)]))
      return { imported: fresh.map((id) => readRun(store, id).summary), known: runs.length - fresh.length }
    })
    .immediate()
}

function isKnown(store: Store, detail: RunDetail): boolean {
  return possibleTwins(store, detail.summary).some((id) => isSameRun(readRun(store, id), detail))
}

/**
 * Whether two are one run, perhaps at different times of its life: made at one moment from one recipe, and with one result where both have
 * one. Names, tags and notes given since don't count.
 */
function isSameRun(here: RunDetail, brought: RunDetail): boolean {
  if (here.summary.createdAt !== brought.summary.createdAt || !isDeepStrictEqual(toBaseNames(here.recipe, []), brought.recipe)) return false
  return here.report === null || brought.report === null || isDeepStrictEqual(resultOf(here.report), resultOf(brought.report))
}

/** What no two runs have in common. */
function resultOf({ file, quality, seconds, peakMemoryBytes }: Report): unknown {
  return { sha256: file.sha256, quality, seconds, peakMemoryBytes }
}
