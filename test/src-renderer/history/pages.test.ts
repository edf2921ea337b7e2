import { flushPromises, mount } from '@vue/test-utils'
import { TooltipProvider } from 'reka-ui'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { defineComponent, h } from 'vue'
import { RouterView, type Router } from 'vue-router'
import { ExpectedError } from '../../../src-main/contract/errors.ts'
import { API_KEY, createApi } from '../../../src-renderer/api/api.ts'
import { createAppRouter } from '../../../src-renderer/router.ts'
import { useHistory } from '../../../src-renderer/stores/history.ts'
import { useMachine } from '../../../src-renderer/stores/machine.ts'
import { fakeHistory, fakeRun } from '../fake/fake-runs.ts'
import { createFakeService, type FakeService } from '../fake/fake-service.ts'
import { piniaOver } from '../in-app.ts'

type Page = ReturnType<typeof mount>

async function visit(service: FakeService, address: string): Promise<{ page: Page; router: Router }> {
  const pinia = piniaOver(service)
  const router = createAppRouter()
  await router.push(address)
  await useMachine().load()
  const Shell = defineComponent({ render: () => h(TooltipProvider, () => h('main', { id: 'main' }, h(RouterView))) })
  const page = mount(Shell, {
    global: { plugins: [pinia, router], stubs: { EChart: true, HeatMap: true }, provide: { [API_KEY as symbol]: createApi(service) } },
    attachTo: document.body,
  })
  await flushPromises()
  return { page, router }
}

const eventually = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 20_000, interval: 20 })
const named = (page: Page, label: RegExp) =>
  page.findAll('button, input').find((each) => label.test(each.attributes('aria-label') ?? '') || label.test(each.text()))
const press = async (page: Page, label: RegExp): Promise<void> => {
  const found = named(page, label)
  if (!found) throw new Error(`Nothing is called ${label}: ${page.text().slice(0, 300)}`)
  await found.trigger('click')
  await flushPromises()
}
const file = (name: string, content: unknown): File =>
  new File([typeof content === 'string' ? content : JSON.stringify(content)], name, { type: 'application/json' })

/** What the page saved, by name. */
let saved: { name: string; blob: Blob }[] = []

beforeEach(() => {
  document.body.replaceChildren()
  localStorage.clear()
  sessionStorage.clear()
  saved = []
  vi.stubGlobal(
    'IntersectionObserver',
    class {
      observe() {}
      unobserve() {}
      disconnect() {}
    },
  )
  vi.spyOn(URL, 'createObjectURL').mockImplementation((blob) => {
    saved.push({ name: '', blob: blob as Blob })
    return 'blob:x'
  })
  vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(function click(this: HTMLAnchorElement) {
    const last = saved.at(-1)
    if (last) last.name = this.download
  })
})
afterEach(() => {
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
})

describe('home', () => {
  it('offers to go on with what stopped last, by one button', async () => {
    const service = createFakeService({ pace: 2 })
    const { page, router } = await visit(service, '/')
    await eventually(() => expect(page.text()).toContain('Qwen3-30B-A3B was interrupted: Compress'))
    await press(page, /^Go on$/)
    await eventually(() => expect(router.currentRoute.value.params.runId).toBe('r1'))
    page.unmount()
  })

  it('says in place why it could not', async () => {
    const service = createFakeService({ pace: 2 })
    const { page } = await visit(service, '/')
    await eventually(() => expect(page.text()).toContain('was interrupted'))
    service.failNext('run.resume', new ExpectedError('run-busy', {}))
    await press(page, /^Go on$/)
    await eventually(() => expect(page.find('[role=alert]').exists()).toBe(true))
    page.unmount()
  })

  it('welcomes who comes first', async () => {
    const { page } = await visit(createFakeService({ history: [], pace: 2 }), '/')
    await eventually(() => expect(page.text()).toContain('Say how small'))
    expect(page.text()).toContain('Try the demo model')
    page.unmount()
  })
})

describe('the history', () => {
  it('searches by Ctrl+F, stars, and compares what is chosen', async () => {
    const service = createFakeService({ pace: 2 })
    const { page, router } = await visit(service, '/history')
    await eventually(() => expect(page.findAll('li').length).toBeGreaterThan(8))
    window.dispatchEvent(new KeyboardEvent('keydown', { key: 'f', ctrlKey: true, cancelable: true }))
    expect(document.activeElement).toBe(page.find('input[type=search]').element)
    await page.find('input[type=search]').setValue('german')
    expect(page.text()).toContain('1 run found')
    await press(page, /^Star Qwen3/)
    await eventually(() => expect(service.runs.get('r2')?.summary.starred).toBe(false))
    await page.find('input[type=checkbox]').setValue(true)
    await page.find('input[type=search]').setValue('')
    await page.findAll('input[type=checkbox]')[3]?.setValue(true)
    expect(page.text()).toContain('2 runs chosen')
    await press(page, /^Compare$/)
    await eventually(() => expect(router.currentRoute.value.query.runs).toBe('r2,r4'))
    page.unmount()
  })

  it('names what is missing, imported, or doubted', async () => {
    const { page } = await visit(createFakeService({ pace: 2 }), '/history')
    await eventually(() =>
      expect(page.text()).toContain('The file is no longer at /home/me/.local/share/whittle/outputs/Qwen3-30B-A3B-4.29bpw.gguf'),
    )
    expect(page.text()).toContain('llama.cpp disagrees')
    expect(page.text()).toContain('From another machine, taken in')
    // A model of another machine is not missing: it was never here.
    const imported = page.findAll('li').find((item) => item.text().includes('From another machine'))
    expect(imported?.text()).not.toContain('no longer at')
    page.unmount()
  })

  it('draws the first of hundreds, and more when asked', async () => {
    const many = Array.from({ length: 300 }, (_, index) => fakeRun({ id: `m${index}`, state: 'planned', stage: 'open', hoursAgo: index }))
    const { page } = await visit(createFakeService({ history: many, pace: 2 }), '/history')
    await eventually(() => expect(page.findAll('li')).toHaveLength(50))
    expect(page.text()).toContain('300 runs')
    await press(page, /^Show more \(250 left\)/)
    expect(page.findAll('li')).toHaveLength(100)
    page.unmount()
  })

  it('writes a note and tags', async () => {
    const service = createFakeService({ history: [fakeRun({ id: 'w', state: 'done', stage: 'report', hoursAgo: 1 })], pace: 2 })
    const { page } = await visit(service, '/history')
    await eventually(() => expect(named(page, /^More for/)).toBeDefined())
    await named(page, /^More for/)?.trigger('keydown', { key: 'Enter' })
    await eventually(() => expect(document.querySelector('[role=menu]')).not.toBeNull())
    const item = [...document.querySelectorAll<HTMLElement>('[role=menuitem]')].find((each) => each.textContent?.includes('Note and tags'))
    item?.click()
    await eventually(() => expect(document.querySelector('textarea')).not.toBeNull())
    const [note, tags] = [document.querySelector('textarea'), document.querySelector<HTMLInputElement>('[role=dialog] input')]
    if (!note || !tags) throw new Error('The dialog has no fields')
    note.value = ' Keep this one. '
    note.dispatchEvent(new Event('input'))
    tags.value = 'daily, 12 GB, daily'
    tags.dispatchEvent(new Event('input'))
    document.querySelector('[role=dialog] form')?.dispatchEvent(new Event('submit', { cancelable: true }))
    await eventually(() => expect(service.runs.get('w')?.summary).toMatchObject({ note: 'Keep this one.', tags: ['daily', '12 GB'] }))
    await eventually(() => expect(page.text()).toContain('Keep this one.'))
    page.unmount()
  })
})

describe('bundles', () => {
  it('are saved as one file and taken in elsewhere, marked as imported', async () => {
    const { page } = await visit(createFakeService({ pace: 2 }), '/history')
    await useHistory().exportRuns(['r2', 'r8'])
    expect(saved[0]?.name).toMatch(/^whittle-runs-\d{4}-\d\d-\d\d\.json$/)
    const text = (await saved[0]?.blob.text()) ?? ''
    page.unmount()

    const other = createFakeService({ history: [], pace: 2 })
    const there = await visit(other, '/history')
    expect(await useHistory().takeDroppedFile(file('runs.json', text))).toBe(true)
    await eventually(() => expect(there.page.text()).toContain('2 runs were taken in.'))
    expect(there.page.text()).toContain('From another machine')
    expect(await useHistory().takeDroppedFile(file('runs.json', text))).toBe(true)
    await eventually(() => expect(there.page.text()).toContain('Nothing new in that file. 2 runs were here already'))
    there.page.unmount()
  })

  it('are told from the JSON files of a model', async () => {
    const { page } = await visit(createFakeService({ pace: 2 }), '/history')
    const history = useHistory()
    expect(await history.takeDroppedFile(file('config.json', { model_type: 'qwen3_moe' }))).toBe(false)
    expect(await history.takeDroppedFile(file('model.safetensors', '"whittleBundle"'))).toBe(false)
    expect(history.imported).toBeNull()
    page.unmount()
  })

  it('are refused in words: no JSON, too large, or not of ours', async () => {
    const { page } = await visit(createFakeService({ history: fakeHistory(), pace: 2 }), '/history')
    const history = useHistory()
    await history.importFile(file('notes.json', 'not json'))
    await eventually(() => expect(page.text()).toContain('It is no JSON.'))
    const large = file('large.json', '{}')
    Object.defineProperty(large, 'size', { value: 70e6 })
    await history.importFile(large)
    await eventually(() => expect(page.text()).toContain('It is larger than 64 MiB.'))
    await history.importFile(file('runs.json', { whittleBundle: 1, runs: [] }))
    await eventually(() => expect(page.find('[role=alert]').text()).toContain('This file is not a bundle of runs.'))
    page.unmount()
  })
})

describe('kept calibrations', () => {
  it('are listed with what they take, and deleted with what that frees', async () => {
    const { page } = await visit(createFakeService({ pace: 2 }), '/history/calibrations')
    await eventually(() => expect(page.text()).toContain('2.02 GB in 4 calibrations'))
    expect(page.text()).toContain('Made by an older version')
    await press(page, /^Delete the calibration of Qwen3-30B-A3B on medical-notes/)
    await eventually(() => expect(document.querySelector('[role=alertdialog]')?.textContent).toContain('Delete 1.20 GB'))
    const confirm = [...document.querySelectorAll<HTMLElement>('[role=alertdialog] button')].find((each) =>
      each.textContent?.includes('Delete 1.20 GB'),
    )
    confirm?.click()
    await eventually(() => expect(page.text()).toContain('Deleted. 1.20 GB are free again.'))
    expect(page.text()).toContain('814 MB in 3 calibrations')
    page.unmount()
  })
})
