import { beforeEach, describe, expect, it, vi } from 'vitest'
import { ExpectedError } from '../../../src-main/contract/errors.ts'
import { RunEvent } from '../../../src-main/contract/events.ts'
import { createApi } from '../../../src-renderer/api/api.ts'
import { useDraft } from '../../../src-renderer/stores/draft.ts'
import { useLiveRuns } from '../../../src-renderer/stores/live.ts'
import { cardBudgetBytes } from '../../../src-renderer/stores/resources.ts'
import { useRuns } from '../../../src-renderer/stores/runs.ts'
import { FAKE_MODELS } from '../fake/fake-models.ts'
import { createFakeService, type FakeService } from '../fake/fake-service.ts'
import { FAKE_MACHINE } from '../fake/fake-wizard.ts'
import { piniaOver } from '../in-app.ts'

const [demo, large] = FAKE_MODELS
if (!demo || !large) throw new Error('The fake has two models')
let service: FakeService

beforeEach(() => {
  sessionStorage.clear()
  service = createFakeService({ pace: 1 })
  piniaOver(service)
})

describe('the draft', () => {
  it("gives a large model this machine's card, with the longest context that can be had, and a small one a share", async () => {
    const draft = useDraft()
    await draft.openModel(large.path)
    expect(draft.budget).toEqual({
      kind: 'vram',
      vramBytes: cardBudgetBytes(FAKE_MACHINE.cards[0]?.freeBytes ?? 0, 2 ** 31),
      contextTokens: 8192,
    })
    await draft.openModel(demo.path)
    expect(draft.budget).toEqual({ kind: 'percent', percent: 35 })
  })

  it('keeps the budget when the same model is opened again', async () => {
    const draft = useDraft()
    await draft.openModel(demo.path)
    draft.budget = { kind: 'percent', percent: 61 }
    await draft.openModel(demo.path)
    expect(draft.recipe?.budget).toEqual({ kind: 'percent', percent: 61 })
  })

  it('survives a reload', async () => {
    const draft = useDraft()
    await draft.openModel(demo.path)
    draft.budget = { kind: 'bits', bitsPerWeight: 4.2 }
    draft.choices.seed = 5
    await vi.waitFor(() => expect(sessionStorage.getItem('whittle.draft')).toContain('"seed":5'))
    piniaOver(service)
    const restored = useDraft()
    expect(await restored.restore()).toBe(true)
    expect(restored.recipe).toMatchObject({ modelPath: demo.path, budget: { kind: 'bits', bitsPerWeight: 4.2 }, seed: 5 })
  })

  it('replaces a plan that was never started', async () => {
    const draft = useDraft()
    await draft.openModel(demo.path)
    const first = await draft.prepare()
    await vi.waitFor(() => expect(service.runs.get(first.id)?.summary.state).toBe('planned'))
    const second = await draft.prepare()
    expect(service.runs.has(first.id)).toBe(false)
    expect(service.runs.has(second.id)).toBe(true)
  })
})

describe('followed runs', () => {
  it('take in what was told before the page asked, as after a reload', async () => {
    const live = useLiveRuns()
    const run = [...service.runs.values()].find((each) => each.summary.state === 'planned')
    if (!run) throw new Error('The fake has no planned run')
    const runId = run.summary.id
    run.summary = { ...run.summary, state: 'running', stage: 'compress' }
    live.apply({ kind: 'coverage', runId, coverage: { layer: 2, tokens: [7] } })
    live.apply({
      kind: 'progress',
      runId,
      stage: 'report',
      done: 9,
      total: 10,
      elapsedSeconds: 4,
      etaSeconds: 1,
      layer: 1,
      layers: 3,
      activity: 'evaluate',
      memoryBytes: 5,
    })
    const followed = await live.load(runId)
    expect(followed.progress?.done).toBe(9)
    expect(followed.stages.report).toBe('active')
    expect(followed.coverage.rows.get(2)).toEqual([7])
  })

  it('do not believe old progress once a run has stopped', async () => {
    const live = useLiveRuns()
    const runId = 'r1'
    live.apply({
      kind: 'progress',
      runId,
      stage: 'report',
      done: 9,
      total: 10,
      elapsedSeconds: 4,
      etaSeconds: 1,
      layer: 1,
      layers: 3,
      activity: 'evaluate',
      memoryBytes: 5,
    })
    const followed = await live.load(runId)
    expect(followed.detail.summary.state).toBe('interrupted')
    expect(followed.progress).toBeNull()
    expect(followed.stages.compress).toBe('stopped')
  })
})

describe('a run that goes on without a stop', () => {
  it('has its plan as soon as it compresses', async () => {
    const live = useLiveRuns()
    service.onEvent((event) => live.apply(RunEvent.parse(event)))
    const begun = (await service.call('run.begin', {
      recipe: { modelPath: demo.path, budget: { kind: 'percent', percent: 40 } },
      check: null,
    })) as { id: string }
    const followed = await live.load(begun.id)
    expect(followed.detail.plan).toBeNull()
    await vi.waitFor(() => expect(live.runs.get(begun.id)?.detail.plan).not.toBeNull())
    await vi.waitFor(() => expect(live.runs.get(begun.id)?.detail.summary.state).toBe('done'))
    expect(live.runs.get(begun.id)?.gauges.samples.length).toBeGreaterThan(0)
  })

  it('pauses after a layer and goes on to the same end', async () => {
    const live = useLiveRuns()
    service.onEvent((event) => live.apply(RunEvent.parse(event)))
    const { id } = (await service.call('run.begin', {
      recipe: { modelPath: demo.path, budget: { kind: 'percent', percent: 40 } },
      check: null,
    })) as { id: string }
    await live.load(id)
    live.asked(id, 'layer')
    expect(live.runs.get(id)?.stopping).toBe('layer')
    await service.call('run.pause', { runId: id, when: 'layer' })
    await vi.waitFor(() => expect(live.runs.get(id)?.detail.summary.state).toBe('paused'))
    expect(live.runs.get(id)?.stopping).toBeNull()
    await service.call('run.resume', { runId: id })
    await vi.waitFor(() => expect(live.runs.get(id)?.detail.summary.state).toBe('done'))
  })
})

describe('large events', () => {
  it('reach painters at once and pages a few times a second', async () => {
    const live = useLiveRuns()
    const followed = await live.load('r1')
    let painted = 0
    followed.coverage.listeners.add(() => {
      painted += 1
    })
    const before = followed.coverageRevision
    for (let round = 0; round < 50; round += 1)
      live.apply({ kind: 'coverage', runId: 'r1', coverage: { layer: round % 5, tokens: [64, round] } })
    expect(painted).toBe(50)
    expect(followed.coverageRevision).toBe(before)
    await vi.waitFor(() => expect(followed.coverageRevision).toBe(before + 1))
    expect([followed.coverage.experts, followed.coverage.warm]).toEqual([10, 5])
  })
})

describe('the history', () => {
  it('is newest first and read again when a run changes', async () => {
    const runs = useRuns()
    await runs.refresh()
    const times = runs.list.map((run) => run.createdAt)
    expect(times).toEqual([...times].sort().reverse())
    const run = service.runs.get('r3')
    if (!run) throw new Error('r3 is missing')
    run.summary = { ...run.summary, state: 'running' }
    runs.apply({ kind: 'state', runId: 'r3', state: 'running', error: null })
    await vi.waitFor(() => expect(runs.active?.id).toBe('r3'))
  })

  it('keeps a failure to be shown', async () => {
    const runs = useRuns()
    service.failNext('run.list', new ExpectedError('work-folder-not-writable', { path: '/w', reason: 'EACCES' }))
    await runs.refresh()
    expect(runs.failure?.code).toBe('work-folder-not-writable')
  })
})

describe('the api', () => {
  it('refuses answers and events that are not in the contract', async () => {
    const heard: unknown[] = []
    const errors = vi.spyOn(console, 'error').mockImplementation(() => undefined)
    let tell: (event: unknown) => void = () => undefined
    const api = createApi({
      call: async () => ({ version: 1 }),
      onConnection: () => () => undefined,
      onEvent: (listener) => {
        tell = listener
        return () => undefined
      },
    })
    await expect(api.call('app.info', {})).rejects.toThrow()
    api.onEvent((event) => heard.push(event))
    tell({ kind: 'state', runId: 'a', state: 'asleep', error: null })
    tell({ kind: 'state', runId: 'a', state: 'done', error: null })
    expect(heard).toEqual([{ kind: 'state', runId: 'a', state: 'done', error: null }])
    expect(errors).toHaveBeenCalledOnce()
    errors.mockRestore()
  })
})
