import { flushPromises, mount } from '@vue/test-utils'
import { TooltipProvider } from 'reka-ui'
import { expect, vi } from 'vitest'
import { defineComponent, h } from 'vue'
import { RouterView, type Router } from 'vue-router'
import { API_KEY, createApi } from '../../../src-renderer/api/api.ts'
import { createAppRouter } from '../../../src-renderer/router.ts'
import { useLiveRuns } from '../../../src-renderer/stores/live.ts'
import { useMachine } from '../../../src-renderer/stores/machine.ts'
import type { FakeService } from '../fake/fake-service.ts'
import { piniaOver } from '../in-app.ts'

export type Page = ReturnType<typeof mount>

/** The pages over a service, without the shell. */
export async function visit(service: FakeService, address: string): Promise<{ page: Page; router: Router }> {
  const pinia = piniaOver(service)
  const router = createAppRouter()
  await router.push(address)
  const Shell = defineComponent({ render: () => h(TooltipProvider, () => h(RouterView)) })
  const live = useLiveRuns()
  service.onEvent((event) => live.apply(event as Parameters<typeof live.apply>[0]))
  await useMachine().load()
  const page = mount(Shell, {
    global: { plugins: [pinia, router], provide: { [API_KEY as symbol]: createApi(service) } },
    attachTo: document.body,
  })
  await flushPromises()
  return { page, router }
}

/** Pages are loaded when first visited, which takes a moment in a test run. */
export const eventually = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 20_000, interval: 20 })

export function button(page: Page, text: string) {
  const found = page.findAll('button').find((each) => each.text() === text)
  if (!found) throw new Error(`No button says ${text}: ${page.text().slice(0, 400)}`)
  return found
}

/** Presses a button once it can be pressed. */
export async function press(page: Page, text: string): Promise<void> {
  await eventually(() => expect(button(page, text).attributes('disabled')).toBeUndefined())
  await button(page, text).trigger('click')
}

export function choice(page: Page, heading: string) {
  const found = page.findAll('[role=radio]').find((each) => each.get('.heading').text() === heading)
  if (!found) throw new Error(`No choice is called ${heading}`)
  return found
}
