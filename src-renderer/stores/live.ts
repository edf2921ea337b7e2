import { defineStore } from 'pinia'
import { reactive, shallowReactive } from 'vue'
import type { RunEvent } from '../../src-main/contract/events.ts'
import { useApi } from '../api/api.ts'
import { createHeardRuns, type LargeEvent } from './heard.ts'
import { gauge } from './live-gauges.ts'
import { applyEvent, isActive, liveRun, type LiveRun } from './live-run.ts'

/** Learning and coverage tell many times a second; pages are told this often. */
const TELLING_PAUSE_MS = 250

/** The runs that pages look at, kept current by events. */
export const useLiveRuns = defineStore('live', () => {
  const api = useApi()
  const runs = reactive(new Map<string, LiveRun>())
  const heard = createHeardRuns()
  const toTell = new Set<string>()

  /** Reads a run and follows it from then on. */
  async function load(runId: string): Promise<LiveRun> {
    const live = shallowReactive(liveRun(await api.call('run.get', { runId })))
    const before = runs.get(runId)
    const { learning, coverage, latest } = heard.of(runId)
    const active = isActive(live.detail.summary.state)
    Object.assign(live, {
      learning,
      learningRevision: learning.curves.size,
      coverage,
      coverageRevision: coverage.rows.size,
      log: before?.log ?? [],
    })
    // What was heard is newer than what was kept, until the run rests.
    if (before && (active || live.gauges.last === null))
      Object.assign(live, { gauges: before.gauges, gaugesRevision: before.gaugesRevision })
    if (before && active) live.stopping = before.stopping
    for (const event of active ? latest.values() : []) applyEvent(live, event, performance.now())
    runs.set(runId, live)
    return live
  }

  /** Kept for every run, looked at or not; canvases hear of it at once, pages a few times a second. */
  function applyLarge(event: LargeEvent): void {
    heard.keepLarge(event)
    if (toTell.size === 0) setTimeout(tell, TELLING_PAUSE_MS)
    toTell.add(event.runId)
  }

  function tell(): void {
    for (const runId of toTell) {
      const live = runs.get(runId)
      if (!live) continue
      live.learningRevision += 1
      live.coverageRevision += 1
    }
    toTell.clear()
  }

  function apply(event: RunEvent): void {
    if (event.kind === 'learning' || event.kind === 'coverage') return applyLarge(event)
    heard.keepLatest(event)
    const live = runs.get(event.runId)
    if (!live) return
    if (event.kind === 'gauges') {
      gauge(live.gauges, event.gauges)
      live.gaugesRevision += 1
      return
    }
    applyEvent(live, event, performance.now())
    // A run that goes on without a stop has its plan once it compresses.
    const planned = event.kind === 'stage' && event.stage === 'compress' && live.detail.plan === null
    if (event.kind === 'state' || planned) void reload(event.runId)
  }

  /** Notes what somebody asked of a run's engine, until it comes to it. */
  function asked(runId: string, stopping: LiveRun['stopping']): void {
    const live = runs.get(runId)
    if (live && isActive(live.detail.summary.state)) live.stopping = stopping
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

  return { runs, load, apply, asked, reload, reloadAll }
})
