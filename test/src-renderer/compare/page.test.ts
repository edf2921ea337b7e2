import { flushPromises, mount } from '@vue/test-utils'
import { TooltipProvider } from 'reka-ui'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { defineComponent, h } from 'vue'
import { RouterView, type Router } from 'vue-router'
import { API_KEY, createApi } from '../../../src-renderer/api/api.ts'
import { createAppRouter } from '../../../src-renderer/router.ts'
import { useCompare } from '../../../src-renderer/compare/compared-runs.ts'
import { useMachine } from '../../../src-renderer/stores/machine.ts'
import { createFakeService, type FakeService } from '../fake/fake-service.ts'
import { piniaOver } from '../in-app.ts'

type Page = ReturnType<typeof mount>

/** The page without its canvases, which only a browser can draw. */
async function visit(service: FakeService, address: string): Promise<{ page: Page; router: Router }> {
  const pinia = piniaOver(service)
  const router = createAppRouter()
  await router.push(address)
  await useMachine().load()
  const Shell = defineComponent({ render: () => h(TooltipProvider, () => h('main', { id: 'main' }, h(RouterView))) })
  const EChart = defineComponent({ props: ['label', 'option'], template: '<div role="img" class="chart" :aria-label="label" />' })
  const page = mount(Shell, {
    global: { plugins: [pinia, router], stubs: { EChart, HeatMap: true }, provide: { [API_KEY as symbol]: createApi(service) } },
    attachTo: document.body,
  })
  await flushPromises()
  return { page, router }
}

const eventually = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 20_000, interval: 20 })

beforeEach(() => {
  document.body.replaceChildren()
  localStorage.clear()
})

describe('comparing', () => {
  it('reads a run by arrow keys, cheapest first', async () => {
    const { page } = await visit(createFakeService({ pace: 2 }), '/compare?runs=r2,r4,r11')
    await eventually(() => expect(page.find('.chart').exists()).toBe(true))
    await page.find('.plot').trigger('keydown', { key: 'ArrowRight' })
    expect(page.text()).toMatch(/B · Qwen3-30B-A3B, Measured bits, 12\.1 GB: costs 12\.1 GB, quality 0\.075 ± 0\.00/)
    await page.find('.plot').trigger('keydown', { key: 'ArrowRight' })
    expect(page.text()).toContain('A · Qwen3-30B-A3B, Measured bits, 15.6 GB: costs')
    page.unmount()
  })

  it('shows settings that differ, and all when asked; and remembers how it was looked at', async () => {
    const { page } = await visit(createFakeService({ pace: 2 }), '/compare?runs=r2,r4')
    await eventually(() => expect(page.text()).toContain('27% of the original'))
    expect(page.text()).not.toContain('Calibration tokens')
    await page
      .findAll('label')
      .find((label) => label.text().includes('more that are the same'))
      ?.find('input')
      .setValue(true)
    expect(page.text()).toContain('Calibration tokens')
    page.unmount()
    const again = await visit(createFakeService({ pace: 2 }), '/compare')
    await eventually(() => expect(again.router.currentRoute.value.query.runs).toBe('r2,r4'))
    await eventually(() => expect(again.page.text()).toContain('Calibration tokens'))
    again.page.unmount()
  })

  it('puts runs judged on something else apart, and says why', async () => {
    const { page } = await visit(createFakeService({ pace: 2 }), '/compare?runs=r2,r4,r12,r6')
    await eventually(() => expect(page.text()).toContain('2 runs are not on this axis'))
    expect(page.text()).toContain('It was judged on another text')
    expect(page.text()).toContain('What it was judged on is not known')
    expect(page.find('.chart').attributes('aria-label')).toContain('2 runs by cost and quality')
    page.unmount()
  })

  it('leaves out a run that is gone, says so, and forgets it', async () => {
    const { page } = await visit(createFakeService({ pace: 2 }), '/compare?runs=r2,gone')
    await eventually(() => expect(page.find('[role=alert]').exists()).toBe(true))
    await eventually(() => expect(useCompare().view.runs).toEqual(['r2']))
    expect(page.text()).toContain('15.6 GB')
    page.unmount()
  })

  it('begins afresh from a view that is not its own', async () => {
    localStorage.setItem('whittle.compare', '{"cost":"price","runs":7,"log":true}')
    const { page } = await visit(createFakeService({ pace: 2 }), '/compare')
    expect(useCompare().view).toMatchObject({ cost: 'size', runs: [], log: true })
    await eventually(() => expect(page.text()).toContain('Choose runs to compare'))
    page.unmount()
  })

  it('maps two runs on one scale, with their difference', async () => {
    const { page } = await visit(createFakeService({ pace: 2 }), '/compare?runs=r2,r4')
    await eventually(() => expect(page.findAll('select').length).toBeGreaterThan(4))
    await page.findAll('select').at(-1)?.setValue('r4')
    await eventually(() => expect(page.text()).toContain('A minus B'))
    const legends = page
      .findAll('.legend')
      .map((legend) => legend.text())
      .filter((text) => text.includes('%'))
    expect(legends[0]).toBe(legends[1])
    expect(legends[2]).toMatch(/^−.*\+/)
    page.unmount()
  })
})
