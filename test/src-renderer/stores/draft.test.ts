import { beforeEach, describe, expect, it, vi } from 'vitest'
import { reserveBytes } from '../../../src-main/allocation/budget.ts'
import type { CheckReport } from '../../../src-main/contract/check.ts'
import { ExpectedError } from '../../../src-main/contract/errors.ts'
import type { Settings } from '../../../src-main/contract/settings.ts'
import { useDraft } from '../../../src-renderer/stores/draft.ts'
import { cardBudgetBytes, memoryPlaces, useResources } from '../../../src-renderer/stores/resources.ts'
import { FAKE_MODELS } from '../fake/fake-models.ts'
import { createFakeService, type FakeService } from '../fake/fake-service.ts'
import { FAKE_MACHINE } from '../fake/fake-wizard.ts'
import { piniaOver } from '../in-app.ts'

const [demo, large] = FAKE_MODELS
if (!demo || !large) throw new Error('The fake has two models')
const GIB = 2 ** 30
const REPORT: CheckReport = { items: [{ id: 'device', state: 'ok', details: {} }], trial: null, seconds: null }
let service: FakeService

function begin(settings: Partial<Settings> = {}): void {
  service = createFakeService({ history: [], pace: 1, settings })
  piniaOver(service)
}
beforeEach(() => {
  sessionStorage.clear()
  localStorage.clear()
  begin()
})

describe('what a card may be asked for', () => {
  it.each([
    [6, 2],
    [8, 2],
    [11.2, 2],
    [16, 2],
    [24, 2],
    [24, 4],
    [12, 0],
  ])('keeps what the settings want free of %s GiB that are free, %s GiB', (free, reserve) => {
    const budget = cardBudgetBytes(free * GIB, reserve * GIB)
    expect(budget).toBeLessThanOrEqual(free * GIB)
    // What the budget leaves for the model beside its own reserve is what the settings leave, or less where the budget keeps more.
    const left = budget - reserveBytes(budget)
    expect(left).toBeLessThanOrEqual((free - reserve) * GIB + 2)
    if (reserve >= 2) expect(left).toBeGreaterThan((free - reserve) * GIB - GIB / 100)
  })

  it('names the largest card first and always the computer itself', () => {
    const cards = [
      { name: 'small', totalBytes: 8 * GIB, freeBytes: 7 * GIB },
      { name: 'mute', totalBytes: null, freeBytes: null },
      { name: 'large', totalBytes: 24 * GIB, freeBytes: null },
    ]
    const places = memoryPlaces({ ...FAKE_MACHINE, cards }, 2 * GIB)
    expect(places.map((place) => place.name)).toEqual(['large', 'small', FAKE_MACHINE.processor])
    expect(places.at(-1)?.budgetBytes).toBe(Math.floor(FAKE_MACHINE.memoryBytes * 0.6))
  })
})

describe('a new draft', () => {
  it('takes device and threads from the settings, once', async () => {
    begin({ device: 'cpu', threads: 3 })
    const draft = useDraft()
    await draft.openModel(demo.path)
    expect(draft.recipe).toMatchObject({ device: 'cpu', threads: 3 })
    draft.choices.threads = 7
    await draft.openModel(large.path)
    expect(draft.recipe?.threads).toBe(7)
    draft.reset()
    await draft.openModel(demo.path)
    expect(draft.recipe?.threads).toBe(3)
  })

  it('opens a model though the machine says nothing of itself, and keeps why', async () => {
    service.failNext('machine.info', new ExpectedError('device-unavailable', { device: 'cuda', said: 'no driver' }))
    const draft = useDraft()
    await draft.openModel(large.path)
    expect(draft.budget).toEqual({ kind: 'percent', percent: 35 })
    expect(useResources().failure?.code).toBe('device-unavailable')
  })

  it('remembers over a reload that the plan is to be seen first', async () => {
    const draft = useDraft()
    await draft.openModel(demo.path)
    draft.planFirst = true
    await vi.waitFor(() => expect(sessionStorage.getItem('whittle.draft')).toContain('"planFirst":true'))
    piniaOver(service)
    await useDraft().restore()
    expect(useDraft().planFirst).toBe(true)
  })

  it('tells the core again what was chosen in this tab, which may have been started anew since', async () => {
    const draft = useDraft()
    await draft.openModel(demo.path)
    draft.choices = { ...draft.choices, corpusPath: '/texts/a.txt', heldOutPath: '', outPath: '/out/b.gguf' }
    await vi.waitFor(() => expect(sessionStorage.getItem('whittle.draft')).toContain('b.gguf'))
    const call = vi.spyOn(service, 'call')
    piniaOver(service)
    await useDraft().restore()
    expect(call.mock.calls.filter(([name]) => name === 'path.choose')).toEqual([
      ['path.choose', { path: '/texts/a.txt' }],
      ['path.choose', { path: '/out/b.gguf' }],
    ])
  })
})

describe('a check', () => {
  it('counts for the recipe it was made of, and no other', async () => {
    const draft = useDraft()
    await draft.openModel(demo.path)
    draft.keepCheck(draft.recipeKey, REPORT)
    expect(draft.check).toEqual(REPORT)
    draft.choices = { ...draft.choices, seed: 9 }
    expect(draft.check).toBeNull()
    draft.choices = { ...draft.choices, seed: 0 }
    expect(draft.check).toEqual(REPORT)
  })

  it('goes with the run it was made for', async () => {
    const draft = useDraft()
    await draft.openModel(demo.path)
    draft.keepCheck(draft.recipeKey, REPORT)
    const run = await draft.begin()
    expect(service.runs.get(run.id)?.check).toEqual(REPORT)
    expect(draft.plannedRunId).toBeNull()
  })
})

describe('a recipe from elsewhere', () => {
  it('is taken as a whole, its model opened', async () => {
    const draft = useDraft()
    await draft.openModel(demo.path)
    const recipe = draft.recipe
    if (!recipe) throw new Error('The draft has no recipe')
    await draft.take({ ...recipe, modelPath: large.path, budget: { kind: 'bits', bitsPerWeight: 4 }, seed: 3 })
    expect(draft.model?.name).toBe(large.name)
    expect(draft.recipe).toMatchObject({ modelPath: large.path, budget: { kind: 'bits', bitsPerWeight: 4 }, seed: 3 })
  })

  it("changes nothing when its model can't be opened", async () => {
    const draft = useDraft()
    await draft.openModel(demo.path)
    const before = draft.recipe
    if (!before) throw new Error('The draft has no recipe')
    await expect(draft.take({ ...before, modelPath: '/nowhere', seed: 3 })).rejects.toThrow('folder-not-found')
    expect(draft.recipe).toEqual(before)
  })
})
