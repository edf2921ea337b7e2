import { describe, expect, it, vi } from 'vitest'
import type { RunEvent } from '../../../src-main/contract/events.ts'
import { learnedErrors, learningPlot } from '../../../src-renderer/run/learning-plot.ts'
import { learn, newLearning } from '../../../src-renderer/stores/learning.ts'
import { useLiveRuns } from '../../../src-renderer/stores/live.ts'
import { fakeRun } from '../fake/fake-runs.ts'
import { createFakeService } from '../fake/fake-service.ts'
import { piniaOver } from '../in-app.ts'

type Learned = Extract<RunEvent, { kind: 'learning' }>
const step = (over: Partial<Learned>): Learned => ({
  kind: 'learning',
  runId: 'r',
  layer: 0,
  role: 'expertGate',
  expert: null,
  step: 1,
  error: 0.5,
  flops: 1,
  ...over,
})

describe('what was learned', () => {
  it("keeps a curve's whole length in few points", () => {
    const learning = newLearning()
    for (let at = 1; at <= 10_000; at += 1) learn(learning, step({ step: at, error: 1 / at }))
    const curve = learning.curves.get('0 expertGate')
    expect(curve?.points.length).toBeLessThanOrEqual(400)
    expect(curve?.points.length).toBeGreaterThan(150)
    expect(curve?.points[0]).toEqual({ step: 1, error: 1 })
    expect(curve?.last).toEqual({ step: 10_000, error: 0.0001 })
    expect(curve?.points.at(-1)?.step).toBeGreaterThan(9900)
  })

  it('replaces the steps that a resumed run repeats', () => {
    const learning = newLearning()
    for (const at of [1, 2, 3, 4]) learn(learning, step({ step: at, error: at }))
    learn(learning, step({ step: 3, error: 0.3 }))
    expect(learning.curves.get('0 expertGate')?.points).toEqual([
      { step: 1, error: 1 },
      { step: 2, error: 2 },
      { step: 3, error: 0.3 },
    ])
  })

  it('is drawn with the curve under way apart, highest error at the top', () => {
    const learning = newLearning()
    expect(learningPlot(learning)).toBeNull()
    for (const at of [1, 2, 3]) learn(learning, step({ step: at, error: 10 ** -at }))
    learn(learning, step({ role: 'expertUp', step: 1, error: 0.1 }))
    const plot = learningPlot(learning)
    expect(plot?.current.curve.role).toBe('expertUp')
    expect(plot?.before[0]).toMatch(/^M0\.0000 0\.0000L0\.5000 0\.5000L1\.0000 1\.0000/)
    expect(plot).toMatchObject({ low: 0.001, high: 0.1, lastStep: 3 })
  })

  it('has an error for each expert once its projection is done', () => {
    const learning = newLearning()
    expect(learnedErrors(learning, null)).toBeNull()
    learn(learning, step({ layer: 1, expert: 2, error: 0.2 }))
    learn(learning, step({ layer: 1, expert: 2, role: 'expertUp', error: 0.4 }))
    const errors = learnedErrors(learning, { layers: 4, experts: 8 })
    expect(errors).toMatchObject({ layers: 4, experts: 8 })
    expect(errors?.at(1, 2)).toBeCloseTo(0.3)
    expect(learning.curves.size).toBe(0)
  })
})

describe('a followed run', () => {
  it('tells the page of many steps once, and remembers those from before the page', async () => {
    piniaOver(createFakeService({ history: [fakeRun({ id: 'r', state: 'running', stage: 'compress', hoursAgo: 0 })], pace: 2 }))
    const store = useLiveRuns()
    store.apply(step({ step: 1 }))
    await store.load('r')
    const before = store.runs.get('r')?.learningRevision ?? NaN
    expect(before).toBeGreaterThan(0)
    for (let at = 2; at <= 50; at += 1) store.apply(step({ step: at }))
    await vi.waitFor(() => expect(store.runs.get('r')?.learningRevision).toBe(before + 1))
    expect(store.runs.get('r')?.learning.curves.get('0 expertGate')?.points).toHaveLength(50)
  })
})
