import { flushPromises, mount } from '@vue/test-utils'
import { expect, it, vi } from 'vitest'
import { API_KEY, createApi } from '../../../src-renderer/api/api.ts'
import TextPath from '../../../src-renderer/wizard/TextPath.vue'
import { piniaOver } from '../in-app.ts'

it.each([
  ['typed', ' "/texts/my notes.txt" ', '/texts/my notes.txt'],
  ['dropped', 'file:///texts/my%20notes.txt', '/texts/my notes.txt'],
])('a text that was %s is told to the core before it is used', async (how, given, path) => {
  const order: unknown[] = []
  const transport = {
    call: vi.fn(async (name: string, input: unknown): Promise<unknown> => {
      order.push([name, input])
      return {}
    }),
    onEvent: () => () => {},
    onConnection: () => () => {},
  }
  const field = mount(TextPath, {
    props: {
      what: 'Text',
      modelValue: '',
      'onUpdate:modelValue': (taken: string) => {
        order.push(taken)
      },
    },
    global: { plugins: [piniaOver(transport)], provide: { [API_KEY]: createApi(transport) } },
  })
  if (how === 'typed') {
    await field.get('input').setValue(given)
    await field.get('form').trigger('submit')
  } else
    await field
      .get('form')
      .trigger('drop', { dataTransfer: { files: [], getData: (type: string) => (type === 'text/uri-list' ? given : '') } })
  await flushPromises()
  expect(order).toEqual([['path.choose', { path }], path])
})
