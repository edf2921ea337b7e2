import { defineStore } from 'pinia'
import { markRaw, reactive, shallowReactive } from 'vue'
import type { RunEvent } from '../../src-main/contract/events.ts'
import { useApi } from '../api/api.ts'
import { learn, newLearning, type Learning } from './learning.ts'
import { cover, newCoverage, type LiveCoverage } from './live-coverage.ts'
import { gauge } from './live-gauges.ts'
import { applyEvent, isActive, liveRun, type LiveRun } from './live-run.ts'

/** Learning and coverage tell many times a second; pages are told this often. */
const TELLING_PAUSE_MS = 250

/** What is kept of every run that events tell of, looked at or not. */
interface Heard { readonly latest: Map<string, RunEvent>; readonly learning: Learning; readonly coverage: LiveCoverage }
type LargeEvent = Extract<RunEvent, { kind: 'learning' | 'coverage' }>

/**
 * The runs that pages look at, kept current by events. The host tells a new listener where each run at work is, which may come
 * before a page asks for the run; so the latest event of each kind is kept for every run, looked at or not.
 */
export const useLiveRuns = defineStore('live', () => {
  const api = useApi()
  const runs = reactive(new Map<string, LiveRun>())
  const heard = new Map<string, Heard>()
  const toTell = new Set<string>()

  /** Reads a run and follows it from then on. */
  async function load(runId: string): Promise<LiveRun> {
    const live = shallowReactive(liveRun(await api.call('run.get', { runId })))
    const before = runs.get(runId)
    const { learning, coverage, latest } = heardOf(runId)
    const active = isActive(live.detail.summary.state)
    Object.assign(live, { learning, learningRevision: learning.curves.size, coverage, coverageRevision: coverage.rows.size, log: before?.log ?? [] })
    // What was heard is newer than what was kept, until the run rests.
    if (before && (active || live.gauges.last === null)) Object.assign(live, { gauges: before.gauges, gaugesRevision: before.gaugesRevision })
    if (before && active) live.stopping = before.stopping
    for (const event of active ? latest.values() : []) applyEvent(live, event, performance.now())
    runs.set(runId, live)
    return live
  }

  function heardOf(runId: string): Heard {
    const known = heard.get(runId) ?? { latest: new Map(), learning: markRaw(newLearning()), coverage: markRaw(newCoverage()) }
    heard.set(runId, known)
    return known
  }

  /** Kept for every run, looked at or not; canvases hear of it at once, pages a few times a second. */
  function applyLarge(event: LargeEvent): void {
    const { learning, coverage } = heardOf(event.runId)
    if (event.kind === 'learning') learn(learning, event)
    else cover(coverage, event.coverage.layer, event.coverage.tokens)
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
    keepLatest(event)
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

  function keepLatest(event: RunEvent): void {
    const { latest } = heardOf(event.runId)
    if (event.kind === 'progress' || event.kind === 'stage') latest.set(event.kind, event)
    // What was told before a run stopped or started again says nothing about what comes now.
    if (event.kind === 'state') latest.clear()
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
