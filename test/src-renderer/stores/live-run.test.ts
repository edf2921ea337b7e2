import { describe, expect, it } from 'vitest'
import type { RunEvent } from '../../../src-main/contract/events.ts'
import { applyEvent, isStopped, liveRun, stagesOf } from '../../../src-renderer/stores/live-run.ts'
import { layerFacts, layerRows } from '../../../src-renderer/run/layer-rows.ts'
import { fakeRun } from '../fake/fake-runs.ts'

const runId = 'x'
const progress = (over: Partial<Extract<RunEvent, { kind: 'progress' }>>): RunEvent => ({
  kind: 'progress',
  runId,
  stage: 'compress',
  done: 1,
  total: 4,
  elapsedSeconds: 1,
  etaSeconds: 3,
  layer: 0,
  layers: 3,
  activity: 'encode',
  memoryBytes: 1e9,
  ...over,
})

describe('the stages of a stored run', () => {
  it.each([
    ['running', 'compress', ['finished', 'reused', 'finished', 'active', 'waiting']],
    ['failed', 'compress', ['finished', 'reused', 'finished', 'failed', 'waiting']],
    ['interrupted', 'compress', ['finished', 'reused', 'finished', 'stopped', 'waiting']],
    ['done', 'report', ['finished', 'reused', 'finished', 'finished', 'finished']],
  ] as const)('%s in %s', (state, stage, expected) => {
    const { summary } = fakeRun({ id: runId, state, stage, hoursAgo: 1, calibration: 'reused' })
    expect(Object.values(stagesOf(summary))).toEqual(expected)
  })
})

describe('events of a run', () => {
  it('move the stages forward', () => {
    const live = liveRun(fakeRun({ id: runId, state: 'preparing', stage: 'open', hoursAgo: 0 }))
    applyEvent(live, { kind: 'stage', runId, stage: 'calibrate', state: 'reused' }, 0)
    applyEvent(live, { kind: 'stage', runId, stage: 'plan', state: 'started' }, 0)
    expect(Object.values(live.stages)).toEqual(['finished', 'reused', 'active', 'waiting', 'waiting'])
    expect(live.detail.summary.stage).toBe('plan')
  })

  it('fill the coverage and the timeline', () => {
    const live = liveRun(fakeRun({ id: runId, state: 'running', stage: 'compress', hoursAgo: 0 }))
    applyEvent(live, { kind: 'coverage', runId, coverage: { layer: 1, tokens: [5, 0] } }, 0)
    applyEvent(live, { kind: 'layer', runId, row: { layer: 0, finishedAt: '2026-11-21T00:00:00Z', bytes: 9, sha256: 'a', seconds: 1 } }, 0)
    applyEvent(live, progress({ layer: 1 }), 77)
    expect(live.coverage.rows.get(1)).toEqual([5, 0])
    expect(live.coverage.revisions.get(1)).toBe(1)
    expect(live.progressAt).toBe(77)
    expect(layerRows(live).map((row) => row.state)).toEqual(['waiting', 'done', 'active', 'waiting'])
  })

  it('show the embedding and output first, as they are written first', () => {
    const live = liveRun(fakeRun({ id: runId, state: 'running', stage: 'compress', hoursAgo: 0 }))
    applyEvent(live, progress({ layer: null }), 0)
    expect(
      layerRows(live)
        .map((row) => [row.short, row.state])
        .slice(0, 2),
    ).toEqual([
      ['E/O', 'active'],
      ['1', 'waiting'],
    ])
    applyEvent(
      live,
      { kind: 'layer', runId, row: { layer: null, finishedAt: '2026-11-21T00:00:00Z', bytes: 9, sha256: 'a', seconds: 1 } },
      0,
    )
    expect(layerRows(live)[0]).toMatchObject({ name: 'Embedding and output', state: 'done' })
  })

  it('write a layer once, however often it is told', () => {
    const live = liveRun(fakeRun({ id: runId, state: 'running', stage: 'compress', hoursAgo: 0 }))
    const row = { layer: 0, finishedAt: '', bytes: 9, sha256: 'a', seconds: 1 }
    for (let time = 0; time < 2; time += 1) applyEvent(live, { kind: 'layer', runId, row }, 0)
    expect(live.detail.journal).toHaveLength(1)
  })

  it('show a failure and forget it when the run goes on', () => {
    const live = liveRun(fakeRun({ id: runId, state: 'running', stage: 'compress', hoursAgo: 0 }))
    applyEvent(live, progress({}), 0)
    applyEvent(live, { kind: 'state', runId, state: 'failed', error: { code: 'disk-full', message: '', details: {} } }, 0)
    expect(live.stages.compress).toBe('failed')
    expect(live.detail.error?.code).toBe('disk-full')
    applyEvent(live, { kind: 'state', runId, state: 'running', error: null }, 0)
    expect(live.detail.error).toBeNull()
    expect(live.progress).toBeNull()
  })

  it('tell that a run was paused, and forget what was asked', () => {
    const live = liveRun(fakeRun({ id: runId, state: 'running', stage: 'compress', hoursAgo: 0 }))
    live.stopping = 'layer'
    applyEvent(live, { kind: 'state', runId, state: 'paused', error: null }, 0)
    expect(live.stages.compress).toBe('stopped')
    expect(live.stopping).toBeNull()
    expect(isStopped(live.detail.summary.state)).toBe(true)
  })

  it('remember which layer was at work when a line was said', () => {
    const live = liveRun(fakeRun({ id: runId, state: 'running', stage: 'compress', hoursAgo: 0 }))
    applyEvent(live, progress({ layer: 2 }), 0)
    applyEvent(live, { kind: 'log', runId, level: 'warn', line: { say: 'history-again' } }, 0)
    expect(layerFacts(live, 2).log).toEqual(['the data folder can be written to again'])
    expect(layerFacts(live, 1).log).toEqual([])
  })

  it('keep a bounded log', () => {
    const live = liveRun(fakeRun({ id: runId, state: 'running', stage: 'compress', hoursAgo: 0 }))
    for (let bytes = 0; bytes < 700; bytes += 1)
      applyEvent(live, { kind: 'log', runId, level: 'info', line: { say: 'layer-written', layer: 0, bytes, seconds: 1 } }, 0)
    expect(live.log).toHaveLength(500)
    expect(live.log.at(-1)?.line).toMatchObject({ bytes: 699 })
  })
})
