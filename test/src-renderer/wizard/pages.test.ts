import { flushPromises, mount } from '@vue/test-utils'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { TooltipProvider } from 'reka-ui'
import { defineComponent, h } from 'vue'
import { RouterView, type Router } from 'vue-router'
import { API_KEY, createApi } from '../../../src-renderer/api/api.ts'
import { createAppRouter } from '../../../src-renderer/router.ts'
import { useLiveRuns } from '../../../src-renderer/stores/live.ts'
import { useMachine } from '../../../src-renderer/stores/machine.ts'
import { fakeRun } from '../fake/fake-runs.ts'
import { createFakeService, type FakeService } from '../fake/fake-service.ts'
import { piniaOver } from '../in-app.ts'

/** The pages over a service, without the shell. */
async function visit(service: FakeService, address: string): Promise<{ page: ReturnType<typeof mount>; router: Router }> {
  const pinia = piniaOver(service)
  const router = createAppRouter()
  await router.push(address)
  const Shell = defineComponent({ render: () => h(TooltipProvider, () => h(RouterView)) })
  const live = useLiveRuns()
  service.onEvent((event) => live.apply(event as Parameters<typeof live.apply>[0]))
  await useMachine().load()
  const page = mount(Shell, { global: { plugins: [pinia, router], provide: { [API_KEY as symbol]: createApi(service) } }, attachTo: document.body })
  await flushPromises()
  return { page, router }
}

/** Pages are loaded when first visited, which takes a moment in a test run. */
const eventually = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 20_000, interval: 20 })

const button = (page: ReturnType<typeof mount>, text: string) => {
  const found = page.findAll('button').find((each) => each.text() === text)
  if (!found) throw new Error(`No button says ${text}: ${page.text().slice(0, 400)}`)
  return found
}

beforeEach(() => {
  sessionStorage.clear()
  document.body.replaceChildren()
})

describe('the wizard', () => {
  it('goes from the demo model to the result', async () => {
    const service = createFakeService({ history: [], pace: 2 })
    const { page, router } = await visit(service, '/new/model?path=/opt/whittle/resources/demo-model')
    await eventually(() => expect(page.text()).toContain('Can be shrunk'))
    await button(page, 'Choose the budget').trigger('click')
    await eventually(() => expect(page.text()).toContain('What comes out'))
    await eventually(() => expect(button(page, 'Choose the method').attributes('disabled')).toBeUndefined())
    await button(page, 'Choose the method').trigger('click')
    await eventually(() => expect(page.text()).toContain('Measured bits'))
    await button(page, 'Make the plan').trigger('click')
    await eventually(() => expect(page.text()).toContain('This is the plan'))
    await button(page, 'Start compressing').trigger('click')
    await eventually(() => expect(router.currentRoute.value.name).toBe('result'))
    await eventually(() => expect(page.text()).toContain('Verified by llama.cpp v0.5.0'))
    page.unmount()
  })

  it('shows the result of a run that is done before its page is there', async () => {
    const service = createFakeService({ history: [fakeRun({ id: 'quick', state: 'planned', stage: 'plan', hoursAgo: 1 })], pace: 2 })
    const { page, router } = await visit(service, '/runs/quick/plan')
    router.beforeResolve(async (to) => {
      if (to.name === 'run') await eventually(() => expect(service.runs.get('quick')?.summary.state).toBe('done'))
    })
    await eventually(() => button(page, 'Start compressing'))
    await button(page, 'Start compressing').trigger('click')
    await eventually(() => expect(router.currentRoute.value.name).toBe('result'))
    page.unmount()
  })

  it('shows a wrong path where it was typed, and goes nowhere', async () => {
    const { page, router } = await visit(createFakeService({ history: [], pace: 2 }), '/new/model?path=/nowhere')
    await eventually(() => expect(page.get('[role=alert]').text()).toContain('That folder isn\'t there.'))
    expect(page.get('[role=alert]').text()).toContain('/nowhere')
    expect(button(page, 'Choose the budget').attributes('disabled')).toBeDefined()
    expect(router.currentRoute.value.name).toBe('model')
    page.unmount()
  })

  it('sends a budget without a model back to the model', async () => {
    const { page, router } = await visit(createFakeService({ history: [], pace: 2 }), '/new/budget')
    await eventually(() => expect(router.currentRoute.value.name).toBe('model'))
    page.unmount()
  })
})

describe('a stopped run', () => {
  it('of too small a budget leads to the budget', async () => {
    const error = { code: 'budget-too-small', message: '', details: { budgetBytes: 1e9, smallestBytes: 9.5e9 } }
    const history = [fakeRun({ id: 'small', large: true, state: 'failed', stage: 'plan', hoursAgo: 1, percent: 3, error })]
    const { page, router } = await visit(createFakeService({ history, pace: 2 }), '/runs/small/run')
    await eventually(() => expect(page.text()).toContain('Allow at least 9.50 GB.'))
    await button(page, 'Change the budget').trigger('click')
    await eventually(() => expect(router.currentRoute.value.name).toBe('budget'))
    await eventually(() => expect(page.text()).toContain('Not possible.'))
    const fix = page.findAll('button').find((each) => each.text().startsWith('Use '))
    await fix?.trigger('click')
    await eventually(() => expect(page.text()).not.toContain('Not possible.'))
    page.unmount()
  })

  it('says what, where and why, and resumes', async () => {
    const service = createFakeService({ pace: 2 })
    const { page, router } = await visit(service, '/runs/r5/run')
    await eventually(() => expect(page.text()).toContain('The disk is full.'))
    expect(page.text()).toContain('Stopped at: Compress. 31 finished parts are kept.')
    await button(page, 'Try again from here').trigger('click')
    await eventually(() => expect(router.currentRoute.value.name).toBe('result'))
    page.unmount()
  })
})
