import { describe, expect, it } from 'vitest'
import { setLanguage } from '../../../src-renderer/locales/i18n.ts'
import { readRecipe } from '../../../src-renderer/wizard/recipe-text.ts'

const METHODS = ['measured-bits', 'mc']
const GOOD = { modelPath: '/m', budget: { kind: 'percent', percent: 40 } }
const problems = (value: unknown): readonly string[] =>
  readRecipe(typeof value === 'string' ? value : JSON.stringify(value), METHODS).problems

describe('a recipe as text', () => {
  it('is read with what it leaves out filled in', () => {
    expect(readRecipe(JSON.stringify({ ...GOOD, seed: 4 }), METHODS).recipe).toMatchObject({
      modelPath: '/m',
      seed: 4,
      method: 'measured-bits',
      windowTokens: 256,
    })
  })

  it.each([
    ['{ "modelPath": ', /^This is not JSON: /],
    [{ budget: GOOD.budget }, 'modelPath: is missing'],
    [{ ...GOOD, modelPath: '' }, 'modelPath: must not be empty'],
    [{ ...GOOD, budget: { kind: 'percent', percent: 140 } }, 'budget.percent: must be at most 100'],
    [{ ...GOOD, budget: { kind: 'percent', percent: 0 } }, 'budget.percent: must be more than 0'],
    [{ ...GOOD, budget: { kind: 'weight' } }, 'budget.kind: must be one of size, percent, bits, vram, remove'],
    [{ ...GOOD, windowTokens: 4 }, 'windowTokens: must be at least 16'],
    [{ ...GOOD, windowTokens: 20.5 }, 'windowTokens: must be a whole number'],
    [{ ...GOOD, overwrite: 'yes' }, 'overwrite: must be true or false'],
    [{ ...GOOD, device: 'abacus' }, 'device: must be one of auto, cpu, webgpu, cuda, dml, coreml'],
    [{ ...GOOD, parameters: 3 }, 'parameters: must be a group of settings in braces'],
    [{ ...GOOD, metod: 'mc' }, 'metod: there is no such setting'],
    [{ ...GOOD, method: 'magic' }, 'method: there is no such method; there are measured-bits, mc'],
  ])('%j is refused in words', (value, words) => {
    expect(problems(value)).toEqual([expect.stringMatching(words)])
  })

  it('names every mistake, in the language chosen', async () => {
    await setLanguage('de')
    expect(problems({ ...GOOD, seed: -1, threads: 'all' })).toEqual(['threads: muss eine Zahl sein', 'seed: muss mindestens 0 sein'])
    await setLanguage('en')
  })
})
