import { mount, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createRouter, createMemoryHistory, type Router } from 'vue-router'
import { API_KEY, createApi } from '../../../src-renderer/api/api.ts'
import WindowDrop from '../../../src-renderer/shell/WindowDrop.vue'
import { createFakeService } from '../fake/fake-service.ts'
import { piniaOver } from '../in-app.ts'

let router: Router
let wrapper: VueWrapper
const nothing = { render: () => null }

beforeEach(() => {
  const service = {
    ...createFakeService({ pace: 1 }),
    pathForFile: (file: File) => (file.name === 'unknown.bin' ? '' : `/drive/model/${file.name}`),
  }
  const pinia = piniaOver(service)
  router = createRouter({
    history: createMemoryHistory(),
    routes: [
      { path: '/', name: 'home', component: nothing },
      { path: '/m', name: 'model', component: nothing },
      { path: '/h', name: 'history', component: nothing },
    ],
  })
  wrapper = mount(WindowDrop, { global: { plugins: [pinia, router], provide: { [API_KEY as symbol]: createApi(service) } } })
})
afterEach(() => wrapper.unmount())

function drag(kind: string, files: readonly File[], types = ['Files']): Event {
  const event = new Event(kind, { bubbles: true, cancelable: true })
  Object.assign(event, { dataTransfer: { files, types, getData: () => '' }, relatedTarget: null })
  window.dispatchEvent(event)
  return event
}

describe('a drop anywhere on the window', () => {
  it('says what will happen while something hovers, and no longer when it leaves', async () => {
    drag('dragover', [])
    await wrapper.vm.$nextTick()
    expect(wrapper.get('.over').text()).toContain('opens as a new run')
    drag('dragleave', [])
    await wrapper.vm.$nextTick()
    expect(wrapper.find('.over').exists()).toBe(false)
  })

  it('takes no notice of text, nor of what is dragged within the page', async () => {
    drag('dragover', [], ['text/plain'])
    await wrapper.vm.$nextTick()
    expect(wrapper.find('.over').exists()).toBe(false)
    window.dispatchEvent(new Event('dragstart'))
    drag('dragover', [], ['text/uri-list'])
    await wrapper.vm.$nextTick()
    expect(wrapper.find('.over').exists()).toBe(false)
  })

  it('opens the folder a shard lies in', async () => {
    expect(drag('drop', [new File(['x'], 'model-00001-of-00002.safetensors')]).defaultPrevented).toBe(true)
    await vi.waitFor(() => expect(router.currentRoute.value).toMatchObject({ name: 'model', query: { path: '/drive/model' } }))
  })

  it('takes a bundle of runs into the history, but not a config.json', async () => {
    drag('drop', [new File(['{"whittleBundle":1,"exportedAt":"2026-11-20T10:00:00Z","version":"0.1.0","runs":[]}'], 'runs.json')])
    await vi.waitFor(() => expect(router.currentRoute.value.name).toBe('history'))
    drag('drop', [new File(['{"model_type":"qwen3_moe"}'], 'config.json')])
    await vi.waitFor(() => expect(router.currentRoute.value).toMatchObject({ name: 'model', query: { path: '/drive/model' } }))
  })

  it('says so where the place of a file cannot be known', async () => {
    drag('drop', [new File(['x'], 'unknown.bin')])
    await vi.waitFor(() => expect(wrapper.get('[role=alert]').text()).toContain("Paste the folder's path instead."))
    await wrapper.get('button').trigger('click')
    expect(wrapper.get('[role=alert]').text()).toBe('')
  })

  it('leaves to a drop zone what fell into it', async () => {
    const event = new Event('drop', { bubbles: true, cancelable: true })
    event.preventDefault()
    Object.assign(event, { dataTransfer: { files: [new File(['x'], 'a.safetensors')], types: ['Files'], getData: () => '' } })
    window.dispatchEvent(event)
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(router.currentRoute.value.name).not.toBe('model')
  })
})
