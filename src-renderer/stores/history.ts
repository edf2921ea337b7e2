import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import { BUNDLE_LIMITS } from '../../src-main/contract/bundle.ts'
import type { ErrorShape } from '../../src-main/contract/error-shape.ts'
import { ExpectedError } from '../../src-main/contract/errors.ts'
import type { RunAnnotation, RunSummary } from '../../src-main/contract/run.ts'
import { useApi } from '../api/api.ts'
import { toFailure } from '../api/failure.ts'
import { fileName, saveFile } from '../ui/save-file.ts'
import { looksLikeBundle, readBundleFile } from './bundle-file.ts'
import { EVERYTHING, type Wanted } from './find-runs.ts'
import { useRuns } from './runs.ts'

/** What came of the last file taken in. */
export type Imported = { readonly runs: readonly RunSummary[]; readonly known: number } | { readonly failure: ErrorShape }

/** What people do with the list of runs: look for some, choose some, write on them, send and take in bundles. */
export const useHistory = defineStore('history', () => {
  const api = useApi()
  const runs = useRuns()
  const wanted = ref<Wanted>(EVERYTHING)
  const chosen = ref<readonly string[]>([])
  const imported = shallowRef<Imported | null>(null)
  const importing = ref(false)
  /** Runs deleted meanwhile are no longer chosen. */
  const chosenRuns = computed(() => runs.list.filter((run) => chosen.value.includes(run.id)))

  function choose(runId: string, on: boolean): void {
    chosen.value = on ? [...new Set([...chosen.value, runId])] : chosen.value.filter((each) => each !== runId)
  }

  async function annotate(runId: string, annotation: RunAnnotation): Promise<void> {
    const changed = await api.call('run.annotate', { runId, ...annotation })
    runs.list = runs.list.map((run) => (run.id === runId ? changed : run))
  }

  async function importFile(file: File): Promise<void> {
    importing.value = true
    try {
      const answer = await api.call('bundle.import', { bundle: await readBundleFile(file) })
      imported.value = { runs: answer.imported, known: answer.known }
      await runs.refresh()
    } catch (error) {
      imported.value = { failure: toFailure(error) }
    } finally {
      importing.value = false
    }
  }

  /**
   * For files dropped anywhere on the window: takes a bundle in and answers true, or answers false where the file is something else.
   * What came of it is on the history page, which is where to go after true.
   */
  async function takeDroppedFile(file: File): Promise<boolean> {
    if (!(await looksLikeBundle(file))) return false
    await importFile(file)
    return true
  }

  /** Saves runs as one file that another machine can take in; one that it would refuse is not saved. */
  async function exportRuns(runIds: readonly string[]): Promise<void> {
    const bundle = await api.call('bundle.export', { runIds: [...runIds] })
    const content = new Blob([JSON.stringify(bundle)], { type: 'application/json' })
    if (content.size > BUNDLE_LIMITS.bytes)
      throw new ExpectedError('export-failed', { reason: 'runs-large', mebibytes: BUNDLE_LIMITS.bytes / 2 ** 20 })
    saveFile(fileName('runs', 'json'), content)
  }

  return { wanted, chosen, chosenRuns, imported, importing, choose, annotate, importFile, takeDroppedFile, exportRuns }
})
