import { defineStore } from 'pinia'
import { markRaw, reactive, shallowReactive } from 'vue'
import type { RunEvent } from '../../src-main/contract/events.ts'
import { useApi } from '../api/api.ts'
import { learn, newLearning, type Learning } from './learning.ts'
import { applyEvent, isActive, liveRun, type LiveRun } from './live-run.ts'

/** Learning tells many steps a second; pages are told this often. */
const LEARNING_PAUSE_MS = 250

/**
 * The runs that pages look at, kept current by events. The host tells a new listener where each run at work is, which may come
 * before a page asks for the run; so the latest event of each kind is kept for every run, looked at or not.
 */
export const useLiveRuns = defineStore('live', () => {
  const api = useApi()
  const runs = reactive(new Map<string, LiveRun>())
  const latest = new Map<string, Map<string, RunEvent>>()
  const learnings = new Map<string, Learning>()
  const toTell = new Set<string>()

  /** Reads a run and follows it from then on. */
  async function load(runId: string): Promise<LiveRun> {
    const live = shallowReactive(liveRun(await api.call('run.get', { runId })))
    live.log = runs.get(runId)?.log ?? []
    live.learning = learningOf(runId)
    live.learningRevision = live.learning.curves.size
    const active = isActive(live.detail.summary.state)
    for (const event of latest.get(runId)?.values() ?? []) {
      if (active || event.kind === 'coverage') applyEvent(live, event, performance.now())
    }
    runs.set(runId, live)
    return live
  }

  function learningOf(runId: string): Learning {
    const learning = learnings.get(runId) ?? markRaw(newLearning())
    learnings.set(runId, learning)
    return learning
  }

  /** Kept for every run, looked at or not, and told to the page a few times a second. */
  function applyLearning(event: Extract<RunEvent, { kind: 'learning' }>): void {
    learn(learningOf(event.runId), event)
    if (toTell.size === 0) setTimeout(tellLearning, LEARNING_PAUSE_MS)
    toTell.add(event.runId)
  }

  function tellLearning(): void {
    for (const runId of toTell) {
      const live = runs.get(runId)
      if (live) live.learningRevision += 1
    }
    toTell.clear()
  }

  function apply(event: RunEvent): void {
    if (event.kind === 'learning') return applyLearning(event)
    keepLatest(event)
    const live = runs.get(event.runId)
    if (!live) return
    applyEvent(live, event, performance.now())
    if (event.kind === 'state') void reload(event.runId)
  }

  function keepLatest(event: RunEvent): void {
    const kept = latest.get(event.runId) ?? new Map<string, RunEvent>()
    latest.set(event.runId, kept)
    if (event.kind === 'progress' || event.kind === 'stage') kept.set(event.kind, event)
    if (event.kind === 'coverage') kept.set(`coverage ${event.coverage.layer}`, event)
    // What was told before a run stopped or started again says nothing about what comes now.
    if (event.kind === 'state') for (const kind of ['progress', 'stage']) kept.delete(kind)
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

  return { runs, load, apply, reload, reloadAll }
})
