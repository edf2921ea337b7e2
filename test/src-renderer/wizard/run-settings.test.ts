import { mount } from '@vue/test-utils'
import { beforeEach, describe, expect, it } from 'vitest'
import { Recipe } from '../../../src-main/contract/recipe.ts'
import { API_KEY, createApi } from '../../../src-renderer/api/api.ts'
import RunSettings from '../../../src-renderer/wizard/RunSettings.vue'
import { createFakeService } from '../fake/fake-service.ts'
import { piniaOver } from '../in-app.ts'

const { modelPath: _path, budget: _budget, ...choices } = Recipe.parse({ modelPath: '-', budget: { kind: 'percent', percent: 50 } })

function settings(over: Partial<typeof choices>) {
  const service = createFakeService({ history: [], pace: 2 })
  return mount(RunSettings, { props: { modelValue: { ...choices, ...over } }, global: { plugins: [piniaOver(service)], provide: { [API_KEY as symbol]: createApi(service) } } })
}

beforeEach(() => sessionStorage.clear())

describe('where the file goes', () => {
  it('says whether a file already there is replaced', () => {
    expect(settings({ outPath: '/a.gguf' }).text()).toContain('is never replaced')
    expect(settings({ outPath: '/a.gguf', overwrite: true }).text()).toContain('is replaced, as this recipe allows')
  })

  it('takes leave to replace one file for that file only', async () => {
    const form = settings({ outPath: '/a.gguf', overwrite: true })
    await form.get('.wide input').setValue('/b.gguf')
    expect(form.emitted('update:modelValue')?.at(-1)).toEqual([expect.objectContaining({ outPath: '/b.gguf', overwrite: false })])
  })
})
