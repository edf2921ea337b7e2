import { describe, expect, it } from 'vitest'
import { Plan } from '../../../src-main/contract/plan.ts'
import type { Limit } from '../../../src-main/methods/limit.ts'
import type { BlockWay, PlanInput } from '../../../src-main/methods/method.ts'
import { mc } from '../../../src-main/methods/quantize/mc.ts'
import { seededRandom } from '../../../src-main/tensor/random.ts'
import { expectFailure } from '../../fixtures/expected-error.ts'
import { temporaryFolder } from '../../fixtures/temporary-folder.ts'
import { greedySolver, visitLayers } from '../layers-at-hand.ts'
import { ODD, planInput, SMALL } from '../plan-input.ts'

const blocks = mc.blocks as BlockWay
const measure = blocks.measure as NonNullable<BlockWay['measure']>
const TYPES = ['Q8_0', 'Q6_K', 'Q5_K', 'Q4_K', 'Q4_0', 'Q3_K', 'Q2_K']

/** Errors that fall with the bits; gate hurts least, down most. */
function imagined(seed: number, experts: number): unknown {
  const random = seededRandom(seed)
  const errors = (scale: number): Record<string, number>[] =>
    Array.from({ length: experts }, () => {
      const own = scale * (0.5 + random())
      return Object.fromEntries(TYPES.map((type, rank) => [type, own * 2 ** (rank - 8)]))
    })
  const projection = (scale: number): unknown => ({ errors: errors(scale), weightErrors: errors(1) })
  return {
    tokens: 1000,
    frequency: Array.from({ length: experts }, () => random()),
    weight: Array.from({ length: experts }, () => random()),
    unfactored: 0,
    projections: { expertGate: projection(0.1), expertUp: projection(1), expertDown: projection(3) },
  }
}

function input(limit: Limit, sizes = SMALL, parameters: Record<string, unknown> = {}): PlanInput {
  const base = planInput(sizes, limit.kind === 'bytes' ? limit.bytes : 0, parameters)
  return {
    ...base,
    limit,
    solve: greedySolver,
    measurements: Array.from({ length: sizes.layers }, (_, layer) => imagined(layer + 1, sizes.experts)),
  }
}

const detailsOf = (plan: Plan, role: string): string[] => plan.cells.filter((cell) => cell.role === role).map((cell) => cell.detail)

describe('GGUF of mc', () => {
  it.each([
    ['whole K blocks', SMALL],
    ['rows that need a fallback', ODD],
  ] as const)('spends at most its budget, in exact bytes: %s', async (_, sizes) => {
    const { smallestBytes, largestBytes } = blocks.sizeRange(planInput(sizes, 0))
    for (const share of [0, 0.1, 0.3, 0.6, 1]) {
      const bytes = Math.floor(smallestBytes + share * (largestBytes - smallestBytes))
      const plan = await blocks.plan(input({ kind: 'bytes', bytes }, sizes))
      expect(plan.bytes).toBeLessThanOrEqual(bytes)
      expect(plan.cells.reduce((sum, cell) => sum + Math.ceil(cell.bytes / 32) * 32, plan.headerBytes)).toBe(plan.bytes)
      if (share === 0) expect(plan.bytes).toBe(smallestBytes)
      if (share === 1) expect(plan.cells.every((cell) => cell.action === 'keep')).toBe(true)
    }
    await expectFailure(() => blocks.plan(input({ kind: 'bytes', bytes: smallestBytes - 1 }, sizes)), 'budget-too-small', { smallestBytes })
  })

  it('keeps the mean bits of an expert weight, scales included', async () => {
    const plan = await blocks.plan(input({ kind: 'expert-bits', bits: 3.6 }))
    const experts = plan.cells.filter((cell) => cell.role.startsWith('expert') && cell.role !== 'expertNorm')
    const bits = (8 * experts.reduce((sum, cell) => sum + cell.bytes, 0)) / experts.reduce((sum, cell) => sum + cell.weights, 0)
    expect(bits).toBeLessThanOrEqual(3.6)
    expect(bits).toBeGreaterThan(3)
    expect(plan.budgetBytes).toBe(plan.bytes)
    await expectFailure(() => blocks.plan(input({ kind: 'expert-bits', bits: 2.6 })), 'budget-too-small', { smallestAverageBits: 2.625 })
  })

  it('gives the projections that hurt more the larger types, attention and embedding the types set', async () => {
    const plan = await blocks.plan(input({ kind: 'expert-bits', bits: 3.6 }, SMALL, { attentionType: 'Q8_0' }))
    const bytes = (role: string): number => plan.cells.filter((cell) => cell.role === role).reduce((sum, cell) => sum + cell.bytes, 0)
    expect(bytes('expertDown')).toBeGreaterThan(bytes('expertGate'))
    expect(new Set(detailsOf(plan, 'query'))).toEqual(new Set(['Q8_0']))
    expect(detailsOf(plan, 'embedding')).toEqual(['Q6_K'])
    expect(plan.rounding).toBe('feedback')
    expect(plan.expectedError).toBeNull()
  })

  it('survives JSON, and is the same for the same input', async () => {
    const plan = await blocks.plan(input({ kind: 'expert-bits', bits: 4 }))
    expect(Plan.parse(JSON.parse(JSON.stringify(plan)))).toEqual(plan)
    expect(await blocks.plan(input({ kind: 'expert-bits', bits: 4 }))).toEqual(plan)
  })

  it('refuses shares and skipped experts', async () => {
    await expectFailure(() => blocks.plan(input({ kind: 'expert-share', kept: 0.5 })), 'budget-invalid')
    await expectFailure(() => blocks.plan(input({ kind: 'expert-bits', bits: 4 }, SMALL, { skipExperts: 0.2 })), 'method-not-applicable', {
      use: 'safetensors',
    })
  })

  it('measures each projection at each type, falling back as the file will', { timeout: 120_000 }, async () => {
    await visitLayers(await temporaryFolder(), {}, async (layer) => {
      if (layer.index > 0) return
      const found = (await measure.run(layer, { types: ['Q8_0', 'Q4_K', 'Q2_K'] }, 1)) as {
        projections: Record<string, { errors: Record<string, number>[] }>
        frequency: number[]
      }
      expect(JSON.parse(JSON.stringify(found))).toEqual(found)
      expect(Object.keys(found.projections)).toEqual(['expertGate', 'expertUp', 'expertDown'])
      for (const { errors } of Object.values(found.projections)) {
        expect(errors.length).toBe(layer.shape.experts)
        for (const own of errors) {
          // Rows of 64 and 32: both K types become Q4_0.
          expect(Object.keys(own).sort()).toEqual(['Q4_0', 'Q8_0'])
          expect(own['Q8_0']).toBeLessThan((own['Q4_0'] ?? 0) / 4)
        }
      }
    })
  })
})
