import { describe, expect, it } from 'vitest'
import { Plan } from '../../../src-main/contract/plan.ts'
import type { FormatName } from '../../../src-main/contract/recipe.ts'
import { folderBytes } from '../../../src-main/forms/folder-tensors.ts'
import { referenceKernels } from '../../../src-main/kernels/reference.ts'
import type { Limit } from '../../../src-main/methods/limit.ts'
import { outlineTensors } from '../../../src-main/methods/limit.ts'
import type { FormWay } from '../../../src-main/methods/method.ts'
import { rtn } from '../../../src-main/methods/quantize/rtn.ts'
import { expectFailure } from '../../fixtures/expected-error.ts'
import { temporaryFolder } from '../../fixtures/temporary-folder.ts'
import { TINY_SHAPE } from '../../fixtures/tiny-checkpoint.ts'
import { formInput, outlineOf, taskOf, visitLayers } from '../layers-at-hand.ts'
import { planInput, SMALL } from '../plan-input.ts'

const forms = rtn.forms as FormWay
const plan = (limit: Limit, parameters: Record<string, unknown> = {}, format: Exclude<FormatName, 'gguf'> = 'safetensors') => {
  return forms.plan(formInput(TINY_SHAPE, limit, { parameters, format }))
}
const widthsOf = (made: Plan): number[] => made.decisions.flatMap((decision) => (decision as { bits: number[] }).bits)
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

describe('folders of rtn', () => {
  it.each([
    [1, 1],
    [2.05, 2],
    [2.5, 2.5],
    [3, 3],
    [7, 7],
  ])('spreads %s bits over all experts: %s', async (bits, reached) => {
    const widths = widthsOf(await plan({ kind: 'expert-bits', bits }))
    expect(widths.length).toBe(TINY_SHAPE.layers * TINY_SHAPE.experts)
    expect(mean(widths)).toBe(reached)
    expect(Math.max(...widths) - Math.min(...widths)).toBeLessThanOrEqual(2)
  })

  it('survives JSON, and says of each matrix what becomes of it', async () => {
    const made = await plan({ kind: 'expert-bits', bits: 2.5 })
    expect(Plan.parse(JSON.parse(JSON.stringify(made)))).toEqual(made)
    expect(await plan({ kind: 'expert-bits', bits: 2.5 })).toEqual(made)
    const details = new Set(made.cells.filter((cell) => cell.role === 'expertDown').map((cell) => cell.detail))
    expect([...details].sort()).toEqual(['2 bits', '3 bits'])
    expect(made.cells.find((cell) => cell.role === 'query')).toMatchObject({ action: 'pack', detail: '4 bits' })
    expect(made.cells.find((cell) => cell.role === 'router')).toMatchObject({ action: 'keep' })
    expect(made.rounding).toBe('nearest')
  })

  it('keeps bytes to the byte and leaves less than one expert unspent', async () => {
    const outline = outlineOf(TINY_SHAPE)
    const range = forms.sizeRange(formInput(TINY_SHAPE, { kind: 'bytes', bytes: 0 }))
    const step = (bits: number): number =>
      folderBytes(
        outlineTensors(outline, {
          version: 1,
          pruning: null,
          layers: [{ expertGate: { kind: 'packed', groupSize: 64, bits: [bits, bits, bits, bits] as 2[] } }, {}],
        }),
      ).total
    const largest = 3 * (step(8) - step(6))
    for (const share of [0, 0.2, 0.37, 0.5]) {
      const bytes = Math.floor(range.smallestBytes + share * (range.largestBytes - range.smallestBytes))
      const made = await plan({ kind: 'bytes', bytes })
      if (made.form === null) throw new Error('no form')
      expect(made.bytes).toBe(folderBytes(outlineTensors(outline, made.form)).total)
      expect(made.bytes).toBeLessThanOrEqual(bytes)
      if (Math.min(...widthsOf(made)) < 8) expect(made.bytes).toBeGreaterThan(bytes - largest)
    }
  })

  it('reaches both ends of its range, and refuses a byte less', async () => {
    const range = forms.sizeRange(formInput(TINY_SHAPE, { kind: 'bytes', bytes: 0 }))
    expect((await plan({ kind: 'bytes', bytes: range.smallestBytes })).bytes).toBe(range.smallestBytes)
    const whole = await plan({ kind: 'bytes', bytes: range.largestBytes })
    expect(whole.bytes).toBe(range.largestBytes)
    expect(new Set(whole.cells.map((cell) => cell.action))).toEqual(new Set(['keep']))
    await expectFailure(() => plan({ kind: 'bytes', bytes: range.smallestBytes - 1 }), 'budget-too-small', {
      smallestBytes: range.smallestBytes,
    })
    await expectFailure(() => plan({ kind: 'bytes', bytes: range.largestBytes - 1 }, {}, 'safetensors-dense'), 'budget-too-small')
  })

  it('leaves the model alone at its own bits, and packs to 8 where it may not', async () => {
    expect((await plan({ kind: 'expert-bits', bits: 16 })).cells.every((cell) => cell.action === 'keep')).toBe(true)
    expect(widthsOf(await plan({ kind: 'expert-bits', bits: 16 }, { keepOriginal: false }))).toEqual(new Array(8).fill(8))
  })

  it("refuses what it can't do, and says what could", async () => {
    await expectFailure(() => plan({ kind: 'expert-share', kept: 0.6 }), 'budget-invalid', { method: 'rtn' })
    await expectFailure(() => plan({ kind: 'expert-bits', bits: 0.9 }), 'budget-too-small', { averageBits: 0.9, smallestAverageBits: 1 })
    await expectFailure(() => plan({ kind: 'expert-bits', bits: 1.5 }, {}, 'safetensors-gptq'), 'budget-too-small', {
      smallestAverageBits: 2,
      use: 'safetensors',
    })
    await expectFailure(() => plan({ kind: 'expert-bits', bits: 3 }, { attentionBits: '5' }, 'safetensors-gptq'), 'method-not-applicable', {
      width: 5,
      use: 'safetensors',
    })
    await expectFailure(() => plan({ kind: 'expert-bits', bits: 3 }, { attentionBits: '7' }), 'request-invalid')
    const odd = formInput({ ...TINY_SHAPE, expertWidth: 18 }, { kind: 'expert-bits', bits: 3 })
    await expectFailure(() => forms.plan(odd), 'method-not-applicable')
  })

  it('uses only widths that stock loaders of the GPTQ layout have', async () => {
    const widths = new Set(widthsOf(await plan({ kind: 'expert-bits', bits: 5 }, {}, 'safetensors-gptq')))
    expect([...widths].sort()).toEqual([4, 8])
  })

  it('gives codes whose values are close at 8 bits and nearest at 3, and leaves attention when told', { timeout: 60_000 }, async () => {
    await visitLayers(await temporaryFolder(), {}, async (layer) => {
      if (layer.index > 0) return
      const close = await plan({ kind: 'expert-bits', bits: 8 }, { attentionBits: 'keep' })
      const shares: number[] = []
      const values = await forms.apply(layer, { ...taskOf(close, 0), onProgress: (share) => shares.push(share) })
      expect(shares.at(-1)).toBe(1)
      expect(shares.length).toBe(3 * TINY_SHAPE.experts)
      expect(values.query).toBeUndefined()
      const down = values.expertDown
      if (down?.kind !== 'packed') throw new Error('not packed')
      expect(down.matrices.length).toBe(TINY_SHAPE.experts)
      const exact = await layer.weights('expertDown', 2)
      const [matrix] = down.matrices.slice(2)
      if (matrix === undefined) throw new Error('no matrix')
      const stored = referenceKernels.gptq.dequantizeGroups(matrix.codes, matrix.scales, matrix.zeros, 32, 32, 8)
      const largest = Math.max(...exact.map(Math.abs))
      for (const [i, value] of exact.entries()) expect(Math.abs(value - (stored[i] as number))).toBeLessThan(largest / 100)
      const again = await forms.apply(layer, taskOf(close, 0))
      expect(again).toEqual(values)
    })
  })
})

describe('GGUF of rtn', () => {
  it('counts the scales into the bits of an expert weight', async () => {
    const blocks = rtn.blocks
    if (blocks === null) throw new Error('no GGUF')
    const input = { ...planInput(SMALL, 0), limit: { kind: 'expert-bits', bits: 4.5 } as const }
    const made = await blocks.plan(input)
    expect(made.cells.find((cell) => cell.role === 'expertUp')?.detail).toBe('Q4_K')
    expect(made.rounding).toBe('nearest')
    expect(made.budgetBytes).toBe(made.bytes)
    await expectFailure(() => blocks.plan({ ...input, limit: { kind: 'expert-bits', bits: 2.6 } }), 'budget-too-small', {
      smallestAverageBits: 2.625,
    })
    const { smallestBytes } = blocks.sizeRange(input)
    await expectFailure(() => blocks.plan({ ...input, limit: { kind: 'bytes', bytes: smallestBytes - 1 } }), 'budget-too-small', {
      smallestBytes,
    })
    expect((await blocks.plan({ ...input, limit: { kind: 'bytes', bytes: smallestBytes } })).bytes).toBe(smallestBytes)
  })
})
