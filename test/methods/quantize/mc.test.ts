import { existsSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { noteText } from '../../../src-main/contract/notes.ts'
import { expertCosts, PAPER_EXPONENTS } from '../../../src-main/allocation/pmq-cost.ts'
import { evenWidths } from '../../../src-main/allocation/even-widths.ts'
import { Plan } from '../../../src-main/contract/plan.ts'
import { folderBytes } from '../../../src-main/forms/folder-tensors.ts'
import type { Limit } from '../../../src-main/methods/limit.ts'
import { outlineTensors } from '../../../src-main/methods/limit.ts'
import type { FormWay } from '../../../src-main/methods/method.ts'
import { gptq } from '../../../src-main/methods/quantize/gptq.ts'
import { mc } from '../../../src-main/methods/quantize/mc.ts'
import { seededRandom } from '../../../src-main/tensor/random.ts'
import { expectFailure } from '../../fixtures/expected-error.ts'
import { temporaryFolder } from '../../fixtures/temporary-folder.ts'
import { TINY_SHAPE } from '../../fixtures/tiny-checkpoint.ts'
import {
  brokenMoments,
  delegate,
  formInput,
  layerLoss,
  outlineOf,
  taskOf,
  TRAINED_MODEL,
  visitLayers,
  visitTrainedLayer,
} from '../layers-at-hand.ts'

const forms = mc.forms as FormWay
const measure = forms.measure as NonNullable<FormWay['measure']>
const SHAPE = { ...TINY_SHAPE, layers: 2, experts: 8 }
const PAPER = ['1', '2', '3']

interface Imagined {
  tokens: number
  frequency: number[]
  weight: number[]
  unfactored: number
  errors: Record<string, number>[]
  weightErrors: Record<string, number>[]
  skipping: { shares: number[]; sensitivity: number } | null
}

/** What a measurement could be: errors a quarter a bit, everything else by chance. */
function imagined(seed: number, unseen: readonly number[] = []): Imagined {
  const random = seededRandom(seed)
  const experts = Array.from({ length: SHAPE.experts }, (_, e) => e)
  const frequency = experts.map((e) => (unseen.includes(e) ? 0 : 0.05 + random()))
  const errorsOf = (scale: number): Record<string, number> =>
    Object.fromEntries([1, 2, 3, 4, 5, 6].map((bits) => [String(bits), scale * 2 ** -bits]))
  return {
    tokens: 1000,
    frequency,
    weight: frequency.map((share) => share * (0.2 + random())),
    unfactored: 0,
    errors: experts.map((e) => (unseen.includes(e) ? {} : errorsOf(0.1 + random()))),
    weightErrors: experts.map(() => errorsOf(1 + random())),
    skipping: null,
  }
}

const measurements = [imagined(1), imagined(2)]
type Options = Parameters<typeof formInput>[2]
const plan = (limit: Limit, options: Options = {}): Promise<Plan> => forms.plan(formInput(SHAPE, limit, { measurements, ...options }))
const widthsOf = (made: Plan): number[][] => made.decisions.map((decision) => (decision as { bits: number[] }).bits)
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
const objectiveOf = (made: Plan): number => sum(made.cells.map((cell) => (cell.role.startsWith('expert') ? (cell.expectedError ?? 0) : 0)))

function evenObjective(bits: number): number {
  return sum(
    measurements.map(({ frequency, weight, errors }) => {
      const even = evenWidths(SHAPE.experts, bits, [1, 2, 3])
      const costs = expertCosts(
        frequency.map((share, e) => ({ frequency: share, weight: weight[e] ?? 0, errors: errors[e] ?? {} })),
        [1, 2, 3],
        PAPER_EXPONENTS,
      )
      return sum(costs.map((row, e) => row[(even[e] ?? 1) - 1] ?? 0))
    }),
  )
}

describe('folders of mc', () => {
  it.each([1.75, 2, 2.5])('gives every layer %s bits a weight on average, and less of the objective than an even spread', async (bits) => {
    const made = await plan({ kind: 'expert-bits', bits }, { parameters: { widths: PAPER } })
    for (const layer of widthsOf(made)) {
      expect(sum(layer)).toBeLessThanOrEqual(Math.round(bits * SHAPE.experts))
      expect(layer).toContain(3)
      expect(layer).toContain(2)
    }
    expect(objectiveOf(made)).toBeLessThan(evenObjective(bits))
    expect(made.expectedError).toBeNull()
    expect(made.rounding).toBe('feedback')
  })

  it('survives JSON, and is the same for the same input', async () => {
    const limit = { kind: 'expert-bits', bits: 2.25 } as const
    const made = await plan(limit)
    expect(Plan.parse(JSON.parse(JSON.stringify(made)))).toEqual(made)
    expect(await plan(limit, { measurements: JSON.parse(JSON.stringify(measurements)) as unknown[] })).toEqual(made)
    expect(made.solver).toMatchObject({ proven: expect.any(Boolean) as boolean })
    const cell = made.cells.find((one) => one.role === 'expertUp' && one.expert === 3)
    expect(cell?.detail).toBe(`${widthsOf(made)[0]?.[3]} bits`.replace(/^1 bits/, '1 bit'))
  })

  it.each(['layer', 'model'])('keeps bytes to the byte, budget by %s', async (scope) => {
    const range = forms.sizeRange(formInput(SHAPE, { kind: 'bytes', bytes: 0 }))
    const outline = outlineOf(SHAPE)
    let last = Infinity
    for (const share of [0, 0.1, 0.2, 0.3]) {
      const bytes = Math.floor(range.smallestBytes + share * (range.largestBytes - range.smallestBytes))
      const made = await plan({ kind: 'bytes', bytes }, { parameters: { scope } })
      if (made.form === null) throw new Error('no form')
      expect(made.bytes).toBe(folderBytes(outlineTensors(outline, made.form)).total)
      expect(made.bytes).toBeLessThanOrEqual(bytes)
      expect(objectiveOf(made)).toBeLessThanOrEqual(last)
      last = objectiveOf(made)
    }
  })

  it('reaches both ends of its range and refuses a byte less', async () => {
    const range = forms.sizeRange(formInput(SHAPE, { kind: 'bytes', bytes: 0 }))
    for (const scope of ['layer', 'model']) {
      expect((await plan({ kind: 'bytes', bytes: range.smallestBytes }, { parameters: { scope } })).bytes).toBe(range.smallestBytes)
      await expectFailure(() => plan({ kind: 'bytes', bytes: range.smallestBytes - 1 }, { parameters: { scope } }), 'budget-too-small', {
        smallestBytes: range.smallestBytes,
      })
    }
    const whole = await plan({ kind: 'bytes', bytes: range.largestBytes })
    expect(whole.cells.every((cell) => cell.action === 'keep')).toBe(true)
  })

  it("refuses what it can't do, and says what could", async () => {
    await expectFailure(() => plan({ kind: 'expert-share', kept: 0.5 }), 'budget-invalid', { method: 'mc' })
    await expectFailure(() => plan({ kind: 'expert-bits', bits: 0.5 }), 'budget-too-small', { smallestAverageBits: 1 })
    await expectFailure(
      () => plan({ kind: 'expert-bits', bits: 2.5 }, { format: 'safetensors-gptq', parameters: { widths: PAPER } }),
      'method-not-applicable',
      { width: 1, use: 'safetensors' },
    )
    await expectFailure(
      () => plan({ kind: 'expert-bits', bits: 2.5 }, { format: 'safetensors-gptq', parameters: { skipExperts: 0.1 } }),
      'method-not-applicable',
      { use: 'safetensors' },
    )
    await expectFailure(() => plan({ kind: 'expert-bits', bits: 2.5 }, { parameters: { widths: ['7'] } }), 'request-invalid')
    const { widths } = { widths: new Set(widthsOf(await plan({ kind: 'expert-bits', bits: 2.5 }, { format: 'safetensors-gptq' })).flat()) }
    expect([...widths].every((width) => [2, 3, 4, 8].includes(width))).toBe(true)
  })

  it('names experts that no token was routed to, and gives them the least', async () => {
    const made = await plan(
      { kind: 'expert-bits', bits: 2 },
      { measurements: [imagined(1, [2, 5]), imagined(2)], parameters: { widths: PAPER } },
    )
    expect(made.notes.map((note) => noteText(note)).join(' ')).toContain('routed to 2 experts')
    expect(widthsOf(made)[0]?.[2]).toBe(1)
  })

  it('says when matrices could not be factored', async () => {
    const made = await plan({ kind: 'expert-bits', bits: 2 }, { measurements: [{ ...imagined(1), unfactored: 3 }, imagined(2)] })
    expect(made.notes.map((note) => noteText(note)).join(' ')).toContain('3 matrices are rounded to the nearest')
  })

  it('skips the share of experts asked for, and none when none is asked for', async () => {
    const shares = Array.from({ length: 100 }, (_, i) => 0.5 + i / 200)
    const skipping = [imagined(1), imagined(2)].map((one, layer) => ({ ...one, skipping: { shares, sensitivity: 1 - layer / 2 } }))
    const limit = { kind: 'expert-bits', bits: 2.5 } as const
    const made = await plan(limit, { measurements: skipping, parameters: { skipExperts: 0.1, protectedShare: 0 } })
    // A tenth of two experts a token in two layers: the less sensitive layer skips 40 % of its second experts.
    expect(made.form?.pruning?.keep[0]).toBe(1)
    expect(made.form?.pruning?.keep[1]).toBeCloseTo(0.8, 1)
    expect(made.notes.map((note) => noteText(note)).join(' ')).toContain('skip 10 %')
    expect((await plan(limit)).form?.pruning).toBeNull()
    await expectFailure(() => plan(limit, { measurements: skipping, parameters: { skipExperts: 0.6 } }), 'request-invalid')
  })
})

describe('what mc measures', () => {
  it("is an error of every expert at every width, less at more bits, that of the layer's output", { timeout: 120_000 }, async () => {
    await visitLayers(await temporaryFolder(), {}, async (layer) => {
      if (layer.index > 0) return
      const widths = ['1', '2', '8']
      const found = (await measure.run(layer, { widths, skipExperts: 0.1 }, 1)) as Imagined
      expect(JSON.parse(JSON.stringify(found))).toEqual(found)
      expect(sum(found.frequency)).toBeCloseTo(TINY_SHAPE.expertsPerToken, 6)
      expect(sum(found.weight)).toBeCloseTo(1, 5)
      for (const errors of found.errors) {
        expect(errors['2']).toBeLessThan(errors['1'] ?? 0)
        expect(Object.keys(errors)).toEqual(['1', '2', '4'])
        expect(errors['4']).toBeLessThan((errors['1'] ?? 0) / 4)
      }
      expect(found.skipping?.sensitivity).toBeGreaterThan(0)
      expect(found.skipping?.shares.length).toBe(layer.tokens)

      // Expert 1 at 2 bits, the others exact: eps is what the layer loses.
      const made = await gptq.forms?.plan(formInput(layer.shape, { kind: 'expert-bits', bits: 2 }))
      if (made === undefined) throw new Error('no plan')
      const values = await forms.apply(layer, taskOf(made, 0))
      const only = delegate(layer, { gatesOf: (expert) => (expert === 1 ? layer.gatesOf(1) : new Float32Array()) })
      expect(await layerLoss(only, values)).toBeCloseTo(found.errors[1]?.['2'] ?? 0, 4)
    })
  })

  it('counts matrices it could not factor, and has no output error for unseen experts', { timeout: 120_000 }, async () => {
    await visitLayers(
      await temporaryFolder(),
      { experts: 16 },
      async (layer) => {
        if (layer.index > 0) return
        const found = (await measure.run(brokenMoments(layer), { widths: ['2'] }, 1)) as Imagined
        expect(found.unfactored).toBe(3 * 16)
        const unseen = found.frequency.flatMap((share, e) => (share === 0 ? [e] : []))
        expect(unseen.length).toBeGreaterThan(0)
        for (const expert of unseen) {
          expect(found.errors[expert]).toEqual({})
          expect(found.weightErrors[expert]?.['2']).toBeGreaterThan(0)
        }
      },
      1,
      4,
    )
  })

  it('depends on widths, groups and whether experts are skipped, nothing else', () => {
    const key = (parameters: Record<string, unknown>): string => JSON.stringify(measure.key(parameters))
    expect(key({ widths: ['3', '1'] })).toBe(key({ widths: ['1', '3', '3'], alpha: 2, attentionBits: '8' }))
    expect(new Set([key({}), key({ groupSize: 64 }), key({ skipExperts: 0.1 }), key({ widths: ['2'] })]).size).toBe(4)
  })

  it.skipIf(!existsSync(TRAINED_MODEL))(
    'leaves a trained layer closer to the original than even bits do (needs ../shared)',
    { timeout: 300_000 },
    async () => {
      await visitTrainedLayer(
        async (whole) => {
          // Six experts are enough to tell.
          const layer = delegate(whole, { shape: { ...whole.shape, layers: 1, experts: 6 } })
          const limit = { kind: 'expert-bits', bits: 2.5 } as const
          const parameters = { widths: PAPER, attentionBits: 'keep' }
          const found = await measure.run(layer, parameters, 1)
          const chosen = await forms.plan(formInput(layer.shape, limit, { parameters, measurements: [found] }))
          const even = await gptq.forms?.plan(formInput(layer.shape, limit, { parameters: { attentionBits: 'keep' } }))
          if (even === undefined) throw new Error('no plan')
          const at = (made: Plan): ReturnType<typeof taskOf> => ({ ...taskOf(made, 0) })
          expect(await layerLoss(layer, await forms.apply(layer, at(chosen)))).toBeLessThan(
            await layerLoss(layer, await forms.apply(layer, at(even))),
          )
        },
        1,
        1024,
      )
    },
  )
})
