import { beforeEach, describe, expect, it } from 'vitest'
import { ExpectedError } from '../../../src-main/contract/errors.ts'
import { useDraft } from '../../../src-renderer/stores/draft.ts'
import { findingWords, checkVerdictOf } from '../../../src-renderer/wizard/check-words.ts'
import { createFakeService, type FakeService } from '../fake/fake-service.ts'
import { button, eventually, press, visit, type Page } from './in-wizard.ts'

const DEMO = 'whittle:demo-model'
const LARGE = '/home/me/models/Qwen3-30B-A3B'

beforeEach(() => {
  sessionStorage.clear()
  localStorage.clear()
  document.body.replaceChildren()
})

/** A service that notes the calls of a name. */
function noting(service: FakeService, name: string): { service: FakeService; calls: unknown[] } {
  const calls: unknown[] = []
  return {
    calls,
    service: {
      ...service,
      call: async (called, input) => {
        if (called === name) calls.push(input)
        return service.call(called, input)
      },
    },
  }
}

async function atCheck(service: FakeService, model = DEMO) {
  const { page, router } = await visit(service, `/new/model?path=${model}`)
  await eventually(() => expect(page.text()).toContain('Can be shrunk'))
  await router.push('/new/check')
  await eventually(() => expect(page.text()).toContain('What you chose'))
  return { page, router }
}
const row = (page: Page, name: string) => page.findAll('li.item').find((each) => each.get('.name').text() === name)

describe('the check', () => {
  it('starts by itself and shows findings and steps as they come', async () => {
    const { page } = await atCheck(createFakeService({ history: [], pace: 60 }))
    await eventually(() => expect(row(page, 'Device')?.text()).toContain('Works on: Graphics card (WebGPU).'))
    expect(row(page, 'Trial of one layer')?.text()).toContain('Being checked')
    expect(button(page, 'Start').attributes('disabled')).toBeDefined()
    await eventually(() => expect(page.text()).toContain('Everything is ready.'))
    expect(page.text()).toMatch(/Calibrate.*4\.82 s/)
    expect(page.text()).toContain('1.4 to 2.1 hours')
    expect(button(page, 'Start').attributes('disabled')).toBeUndefined()
    page.unmount()
  })

  it('lets a run start with things worth knowing in plain sight', async () => {
    const { page, router } = await atCheck(createFakeService({ history: [], pace: 2 }), LARGE)
    await eventually(() => expect(page.text()).toContain('Ready. 1 thing is worth knowing.'))
    expect(row(page, 'Text')?.text()).toContain('Worth knowing')
    await press(page, 'Start')
    await eventually(() => expect(['run', 'result']).toContain(router.currentRoute.value.name))
    page.unmount()
  })

  it('is in the way of a start, and made again when its cause is mended', async () => {
    const { page } = await atCheck(createFakeService({ history: [], pace: 2 }))
    // Asked for now: a page of an earlier test may still be ending its own work over its own stores.
    const draft = useDraft()
    await eventually(() => expect(page.text()).toContain('Everything is ready.'))
    await page.get('input[type=text]').setValue('/home/me/taken.gguf')
    await press(page, 'Use this path')
    await eventually(() => expect(page.text()).toContain('1 thing is in the way.'))
    expect(row(page, 'Output')?.text()).toContain('There is already a file with that name.')
    expect(button(page, 'Start').attributes('disabled')).toBeDefined()
    await press(page, 'Replace the file there')
    await eventually(() => expect(page.text()).toContain('Everything is ready.'))
    expect(draft.recipe).toMatchObject({ outPath: '/home/me/taken.gguf', overwrite: true })
    page.unmount()
  })

  it('leads from a full disk to the place where the output is named', async () => {
    const { page } = await atCheck(createFakeService({ history: [], pace: 2 }))
    await eventually(() => expect(page.text()).toContain('Everything is ready.'))
    await page.get('input[type=text]').setValue('/full/out.gguf')
    await press(page, 'Use this path')
    await eventually(() => expect(row(page, 'Disk space')?.text()).toMatch(/only 1.20 GB are free at \/full/))
    await press(page, 'Change the output')
    expect(document.activeElement).toBe(page.get('input[type=text]').element)
    page.unmount()
  })

  it('is not made twice for the same recipe, and called off when its page is left', async () => {
    const inner = createFakeService({ history: [], pace: 2 })
    const { service, calls } = noting(inner, 'check.run')
    const { page, router } = await atCheck(service)
    await eventually(() => expect(page.text()).toContain('Everything is ready.'))
    await router.push('/new/method')
    await router.push('/new/check')
    await eventually(() => expect(page.text()).toContain('Everything is ready.'))
    expect(calls).toHaveLength(1)
    page.unmount()

    const slow = noting(createFakeService({ history: [], pace: 500 }), 'check.cancel')
    sessionStorage.clear()
    const second = await atCheck(slow.service)
    await eventually(() => expect(second.page.text()).toContain('Checking …'))
    await second.router.push('/new/method')
    await eventually(() => expect(slow.calls).toHaveLength(1))
    second.page.unmount()
  })

  it('says why it could not be made, and tries again', async () => {
    const service = createFakeService({ history: [], pace: 2 })
    service.failNext('check.run', new ExpectedError('run-busy', {}))
    const { page } = await atCheck(service)
    await eventually(() => expect(page.get('[role=alert]').text()).toContain('Another run is under way.'))
    await press(page, 'Check again')
    await eventually(() => expect(page.text()).toContain('Everything is ready.'))
    page.unmount()
  })
})

describe('words of findings', () => {
  const found = (
    id: 'device' | 'memory' | 'vram' | 'output' | 'trial' | 'power' | 'sleep',
    state: 'ok' | 'warn' | 'stop',
    details: Record<string, unknown>,
  ) => findingWords({ id, state, details })

  it('say what was measured', () => {
    expect(found('device', 'ok', { asked: 'auto', used: 'cpu', reason: 'slower' }).say).toContain('faster here than the graphics card')
    expect(found('memory', 'stop', { expectedBytes: 8 * 2 ** 30, freeBytes: 20 * 2 ** 30, limitBytes: 4 * 2 ** 30 }).say).toContain(
      'only 4.00 GiB may be used',
    )
    expect(
      found('vram', 'warn', { cards: [{ name: 'RTX 4070', freeBytes: 2 ** 30, totalBytes: 12 * 2 ** 30 }], reserveBytes: 2 ** 31 }).say,
    ).toMatch(/^RTX 4070: 1.00 GiB free of 12.0 GiB\. That is less than the 2.00 GiB/)
    expect(found('output', 'stop', { path: '/usb/m.gguf', reason: 'file-too-large', bytes: 9e9, largestBytes: 2 ** 32 - 1 }).say).toContain(
      'holds no file larger than 4.29 GB',
    )
    expect(found('power', 'ok', { onBattery: false }).say).toBe('Plugged in.')
    expect(found('sleep', 'warn', { able: false, wanted: true }).say).toContain('from a browser')
  })

  it('speak with the words of an error, and send to what mends it', () => {
    const small = found('trial', 'stop', {
      error: { code: 'budget-too-small', message: '', details: { budgetBytes: 1e9, smallestBytes: 9.5e9 } },
    })
    expect(small.say).toContain('Allow at least 9.50 GB.')
    expect(small.fixes).toEqual(['goal', 'method'])
    expect(found('trial', 'stop', { error: { code: 'out-of-memory', message: '', details: {} } }).fixes).toEqual(['device', 'tokens'])
    expect(
      found('device', 'stop', {
        asked: 'cuda',
        error: { code: 'device-unavailable', message: '', details: { device: 'cuda', said: 'no driver' } },
      }).fixes,
    ).toEqual(['device'])
  })

  it('are judged by the worst', () => {
    expect(checkVerdictOf([])).toBe('ok')
    expect(
      checkVerdictOf([
        { id: 'text', state: 'warn', details: {} },
        { id: 'disk', state: 'ok', details: {} },
      ]),
    ).toBe('warn')
    expect(
      checkVerdictOf([
        { id: 'text', state: 'warn', details: {} },
        { id: 'disk', state: 'stop', details: {} },
      ]),
    ).toBe('stop')
  })
})
