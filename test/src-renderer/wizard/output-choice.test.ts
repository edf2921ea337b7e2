import { flushPromises, mount } from '@vue/test-utils'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { Recipe } from '../../../src-main/contract/recipe.ts'
import { API_KEY, createApi } from '../../../src-renderer/api/api.ts'
import OutputChoice from '../../../src-renderer/wizard/OutputChoice.vue'

const { modelPath: _path, budget: _budget, ...choices } = Recipe.parse({ modelPath: '-', budget: { kind: 'percent', percent: 50 } })
const call = vi.fn(async (): Promise<unknown> => ({}))
const api = createApi({ call, onEvent: () => () => {}, onConnection: () => () => {} })
const output = (over: Partial<typeof choices>, format: 'gguf' | 'safetensors' = 'gguf') =>
  mount(OutputChoice, { props: { modelValue: { ...choices, ...over }, format }, global: { provide: { [API_KEY]: api } } })

beforeEach(() => {
  sessionStorage.clear()
  call.mockClear()
})

describe('where the result goes', () => {
  it('says whether what is there is replaced', () => {
    expect(output({ outPath: '/a.gguf' }).text()).toContain('A file that is already there is never replaced.')
    expect(output({ outPath: '/a.gguf', overwrite: true }).text()).toContain(
      'A file that is already there is replaced, if it is a GGUF file.',
    )
    expect(output({}, 'safetensors').text()).toContain('full path of a new folder')
  })

  it('takes what was typed when it is done, and leave to replace one file for that file only', async () => {
    const form = output({ outPath: '/a.gguf', overwrite: true })
    await form.get('input[type=text]').setValue(' /b.gguf ')
    expect(form.emitted('update:modelValue')).toBeUndefined()
    await form.trigger('submit')
    await flushPromises()
    expect(form.emitted('update:modelValue')).toEqual([[expect.objectContaining({ outPath: '/b.gguf', overwrite: false })]])
    expect(call).toHaveBeenCalledExactlyOnceWith('path.choose', { path: '/b.gguf' })
  })

  it('says why a path was not taken, and keeps the one before', async () => {
    const form = output({ outPath: '/a.gguf' })
    call.mockRejectedValueOnce(new Error('no'))
    await form.get('input[type=text]').setValue('/b.gguf')
    await form.trigger('submit')
    await flushPromises()
    expect(form.emitted('update:modelValue')).toBeUndefined()
    expect(form.find('[role=alert]').exists()).toBe(true)
  })

  it('goes back to its own folder when the path is emptied', async () => {
    const form = output({ outPath: '/a.gguf' })
    await form.get('input[type=text]').setValue('')
    await form.trigger('submit')
    await flushPromises()
    expect(form.emitted('update:modelValue')).toEqual([[expect.objectContaining({ outPath: null })]])
    expect(call).not.toHaveBeenCalled()
  })
})
