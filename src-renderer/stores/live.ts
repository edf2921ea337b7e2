import { defineStore } from 'pinia'
import { reactive, shallowReactive } from 'vue'
import type { RunEvent } from '../../src-main/contract/events.ts'
import { useApi } from '../api/api.ts'
import { applyEvent, liveRun, type LiveRun } from './live-run.ts'
import { keepSnapshot, restoreSnapshot } from './snapshot.ts'

/** The runs that pages look at, kept current by events. */
export const useLiveRuns = defineStore('live', () => {
  const api = useApi()
  const runs = reactive(new Map<string, LiveRun>())
  const early = new Map<string, RunEvent[]>()

  /** Reads a run and starts following it; events that come while it is being read are taken in afterwards. */
  async function load(runId: string): Promise<LiveRun> {
    if (!early.has(runId)) early.set(runId, [])
    try {
      const detail = await api.call('run.get', { runId })
      const known = runs.get(runId)
      const live = shallowReactive(liveRun(detail))
      if (known) Object.assign(live, { coverage: known.coverage, coverageRevision: known.coverageRevision, log: known.log, progress: known.progress, progressAt: known.progressAt })
      else restoreSnapshot(live, sessionStorage, performance.now())
      for (const event of early.get(runId) ?? []) applyEvent(live, event, performance.now())
      runs.set(runId, live)
      return live
    } finally {
      early.delete(runId)
    }
  }

  function apply(event: RunEvent): void {
    early.get(event.runId)?.push(event)
    const live = runs.get(event.runId)
    if (!live) return
    applyEvent(live, event, performance.now())
    if (event.kind === 'state') void reload(event.runId)
  }

  /** Reads a followed run again: after its state changed, or after the connection was lost. */
  async function reload(runId: string): Promise<void> {
    try {
      await load(runId)
    } catch (error) {
      // The page keeps what it shows; the next event or reconnection tries again.
      console.warn('The run could not be read again', error)
    }
  }

  async function reloadAll(): Promise<void> {
    await Promise.all([...runs.keys()].map((runId) => reload(runId)))
  }

  function keepSnapshots(): void {
    for (const live of runs.values()) keepSnapshot(live, sessionStorage)
  }

  function forget(runId: string): void {
    runs.delete(runId)
  }

  return { runs, load, apply, reload, reloadAll, keepSnapshots, forget }
})
