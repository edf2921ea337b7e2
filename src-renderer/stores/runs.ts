import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import type { ErrorShape } from '../../src-main/contract/error-shape.ts'
import type { RunEvent } from '../../src-main/contract/events.ts'
import type { RunSummary } from '../../src-main/contract/run.ts'
import { useApi } from '../api/api.ts'
import { toFailure } from '../api/failure.ts'
import { isActive } from './live-run.ts'

/** The history: every run, newest first. */
export const useRuns = defineStore('runs', () => {
  const api = useApi()
  const list = shallowRef<readonly RunSummary[]>([])
  const loaded = ref(false)
  const failure = ref<ErrorShape | null>(null)
  const active = computed(() => list.value.find((run) => isActive(run.state)) ?? null)

  async function refresh(): Promise<void> {
    try {
      const runs = await api.call('run.list', {})
      list.value = [...runs].sort((a, b) => b.createdAt.localeCompare(a.createdAt))
      failure.value = null
      loaded.value = true
    } catch (error) {
      failure.value = toFailure(error)
    }
  }

  /** A state change touches several columns, so the list is read again; a stage is only noted. */
  function apply(event: RunEvent): void {
    if (event.kind === 'state') void refresh()
    if (event.kind !== 'stage') return
    list.value = list.value.map((run) => (run.id === event.runId ? { ...run, stage: event.stage } : run))
  }

  async function remove(runId: string, deleteFile: boolean): Promise<number> {
    const { freedBytes } = await api.call('run.delete', { runId, deleteFile })
    list.value = list.value.filter((run) => run.id !== runId)
    return freedBytes
  }

  return { list, loaded, failure, active, refresh, apply, remove }
})
