import * as z from 'zod'
import { RunEvent } from '../../src-main/contract/events.ts'
import { isActive, type LiveRun } from './live-run.ts'

const Snapshot = z.object({
  stage: z.string(),
  progress: RunEvent.nullable(),
  coverage: z.array(z.tuple([z.int(), z.array(z.number())])),
})

const keyOf = (runId: string): string => `whittle.live.${runId}`

/** Keeps what only events told (coverage, last progress), so that a reload in the middle of a run does not lose it. */
export function keepSnapshot(live: LiveRun, storage: Storage): void {
  if (!isActive(live.detail.summary.state) && live.coverage.size === 0) return
  const snapshot: z.input<typeof Snapshot> = { stage: live.detail.summary.stage, progress: live.progress, coverage: [...live.coverage].map(([layer, tokens]) => [layer, [...tokens]]) }
  storage.setItem(keyOf(live.detail.summary.id), JSON.stringify(snapshot))
}

/** Puts a kept snapshot back into a freshly read run. The progress only if the run is still in the same stage. */
export function restoreSnapshot(live: LiveRun, storage: Storage, now: number): void {
  const text = storage.getItem(keyOf(live.detail.summary.id))
  if (text === null) return
  const parsed = Snapshot.safeParse(JSON.parse(text))
  if (!parsed.success) return
  for (const [layer, tokens] of parsed.data.coverage) live.coverage.set(layer, tokens)
  live.coverageRevision += 1
  const { progress } = parsed.data
  if (progress?.kind === 'progress' && isActive(live.detail.summary.state) && parsed.data.stage === live.detail.summary.stage) {
    live.progress = progress
    live.progressAt = now
  }
}
