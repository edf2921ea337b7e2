import { describe, expect, it } from 'vitest'
import type { Budget } from '../../../src-main/contract/recipe.ts'
import { budgetKinds, convertBudget, nearestFixes, wishedBytes } from '../../../src-renderer/wizard/budget-choices.ts'
import { FAKE_MODELS, fakeBreakdown } from '../fake/fake-models.ts'

const large = FAKE_MODELS.find((model) => model.experts === 128)
if (!large) throw new Error('The fake has no large model')
const explain = (budget: Budget) => fakeBreakdown(large, budget)

const IMPOSSIBLE: readonly Budget[] = [
  { kind: 'size', bytes: 1_000_000 },
  { kind: 'percent', percent: 3 },
  { kind: 'bits', bitsPerWeight: 1.1 },
  { kind: 'vram', vramBytes: 8 * 2 ** 30, contextTokens: 16_384 },
  { kind: 'vram', vramBytes: 2 ** 30, contextTokens: 512 },
]

describe('an impossible budget', () => {
  it.each(IMPOSSIBLE)('%j has fixes, each of which is possible', (budget) => {
    const breakdown = explain(budget)
    expect(breakdown.feasible).toBe(false)
    const fixes = nearestFixes(budget, breakdown)
    expect(fixes.length).toBeGreaterThan(0)
    for (const fix of fixes) expect(explain(fix.budget)).toMatchObject({ feasible: true })
  })

  it('names the nearest size, not just any', () => {
    const budget: Budget = { kind: 'vram', vramBytes: 8 * 2 ** 30, contextTokens: 4096 }
    const raise = nearestFixes(budget, explain(budget)).find((fix) => fix.change === 'raise')
    if (raise?.budget.kind !== 'vram') throw new Error('A card was expected')
    expect(explain({ ...raise.budget, vramBytes: raise.budget.vramBytes - 2 ** 30 }).feasible).toBe(false)
  })

  it('offers a shorter context where that is enough', () => {
    const budget: Budget = { kind: 'vram', vramBytes: 11 * 2 ** 30, contextTokens: 32_768 }
    const [shorter] = nearestFixes(budget, explain(budget))
    expect(shorter?.change).toBe('shorter-context')
    expect(explain(shorter?.budget ?? budget).feasible).toBe(true)
  })

  it('offers nothing where nothing is wrong', () => {
    const budget: Budget = { kind: 'percent', percent: 50 }
    expect(nearestFixes(budget, explain(budget))).toEqual([])
  })
})

describe('switching the kind of budget', () => {
  const file = { bitsOver: 'file', removes: true } as const
  const overExperts = { bitsOver: 'experts', removes: false } as const

  it('keeps the size wished for', () => {
    const before = explain({ kind: 'percent', percent: 40 })
    const wish = wishedBytes({ kind: 'percent', percent: 40 }, before, large, file)
    for (const kind of ['size', 'percent', 'bits'] as const) {
      const after = explain(convertBudget(kind, wish, before, large))
      expect(Math.abs(after.fileBytes / before.fileBytes - 1)).toBeLessThan(0.011)
    }
  })

  it('finds its way to a share of the experts and back', () => {
    const before = explain({ kind: 'percent', percent: 60 })
    const remove = convertBudget('remove', wishedBytes({ kind: 'percent', percent: 60 }, before, large, file), before, large)
    expect(remove).toEqual({ kind: 'remove', percent: 42 }) // 40 % of the file are 42 % of the experts, which are 95 % of it
    const back = convertBudget('percent', wishedBytes(remove, explain(remove), large, file), before, large)
    expect(back).toMatchObject({ kind: 'percent', percent: expect.closeTo(60, 0) })
  })

  it('takes bits over the experts as bits over the file, and never more than all', () => {
    const breakdown = explain({ kind: 'size', bytes: 1e12 })
    const bits = wishedBytes({ kind: 'bits', bitsPerWeight: 4 }, breakdown, large, overExperts)
    expect(convertBudget('bits', bits, breakdown, large)).toEqual({ kind: 'bits', bitsPerWeight: 4 })
    expect(convertBudget('remove', 1, breakdown, large)).toEqual({ kind: 'remove', percent: 90 })
    expect(convertBudget('remove', 1e12, breakdown, large)).toEqual({ kind: 'remove', percent: 5 })
  })

  it('never offers a context the model was not made for', () => {
    expect(convertBudget('vram', 2e10, explain({ kind: 'percent', percent: 40 }), { ...large, contextLength: 2048 })).toMatchObject({
      contextTokens: 2048,
    })
  })

  it('offers what the method takes: no size for a dense rebuild, no share of experts for bits', () => {
    expect(budgetKinds(file, 'safetensors')).toEqual(['vram', 'size', 'percent', 'bits', 'remove'])
    expect(budgetKinds(file, 'safetensors-dense')).toEqual(['remove'])
    expect(budgetKinds(overExperts, 'gguf')).toEqual(['vram', 'size', 'percent', 'bits'])
    expect(budgetKinds(overExperts, 'safetensors-dense')).toEqual(['bits'])
  })
})
