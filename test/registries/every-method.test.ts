import * as z from 'zod'
import { describe, expect, it } from 'vitest'
import { ExpectedError } from '../../src-main/contract/errors.ts'
import { Plan } from '../../src-main/contract/plan.ts'
import { methodById, methods } from '../../src-main/methods/index.ts'
import { formatsOf } from '../../src-main/methods/method.ts'
import { rowBytes } from '../../src-main/tensor/ggml-type.ts'
import type { GgmlTypeName } from '../../src-main/tensor/ggml-type.ts'
import { blocksOf, ODD, SMALL, planInput } from '../methods/plan-input.ts'

/** A spread of budgets a method can meet, from its smallest file to beyond its largest. */
function budgets(method: (typeof methods)[number], sizes: typeof SMALL): number[] {
  const { smallestBytes, largestBytes } = blocksOf(method).sizeRange(planInput(sizes, 0))
  return [0, 0.1, 0.33, 0.5, 0.77, 1, 1.2].map((part) => Math.floor(smallestBytes + part * (largestBytes - smallestBytes)))
}

it('gives every method an id of its own, found by it', () => {
  expect(new Set(methods.map((method) => method.id)).size).toBe(methods.length)
  for (const method of methods) expect(methodById(method.id)).toBe(method)
  expect(() => methodById('no-such-method')).toThrow(ExpectedError)
})

/** Methods that choose a type for every stored tensor from what calibration measured, without a look of their own at the layers. */
const choosing = methods.filter((method) => method.blocks !== null && method.blocks.measure === null)

describe.each(choosing.map((method) => [method.id, method] as const))('method %s, writing GGUF', (_, method) => {
  it.each([
    ['whole K blocks', SMALL],
    ['rows that need a fallback', ODD],
  ] as const)('spends at most its budget, in exact bytes: %s', async (_name, sizes) => {
    for (const budget of budgets(method, sizes)) {
      const input = planInput(sizes, budget)
      const plan = await blocksOf(method).plan(input)
      expect(plan.bytes).toBeLessThanOrEqual(budget)
      const recount = plan.cells.reduce((sum, cell, index) => {
        const tensor = input.tensors[index]
        if (tensor === undefined) throw new Error('more cells than tensors')
        expect(cell.tensor).toBe(tensor.name)
        const data = (tensor.weights / tensor.columns) * rowBytes(cell.detail as GgmlTypeName, tensor.columns)
        expect(cell.bytes).toBe(data)
        return sum + Math.ceil(data / 32) * 32
      }, input.headerBytes)
      expect(plan.bytes).toBe(recount)
      expect(plan.cells.length).toBe(input.tensors.length)
    }
  })

  it('reaches both ends of its size range and refuses one byte less, naming the nearest possible budget', async () => {
    const range = blocksOf(method).sizeRange(planInput(ODD, 0))
    expect((await blocksOf(method).plan(planInput(ODD, range.smallestBytes))).bytes).toBe(range.smallestBytes)
    expect((await blocksOf(method).plan(planInput(ODD, range.largestBytes))).bytes).toBe(range.largestBytes)
    try {
      await blocksOf(method).plan(planInput(ODD, range.smallestBytes - 1))
      expect.unreachable()
    } catch (error) {
      expect(error).toMatchObject({ code: 'budget-too-small', details: { smallestBytes: range.smallestBytes } })
    }
  })

  it('plans the same for the same input, and the plan survives JSON', async () => {
    const budget = budgets(method, SMALL)[3] ?? 0
    const plan = await blocksOf(method).plan(planInput(SMALL, budget))
    expect(await blocksOf(method).plan(planInput(SMALL, budget))).toEqual(plan)
    expect(Plan.parse(JSON.parse(JSON.stringify(plan)))).toEqual(plan)
  })

  it('leaves the model as it is where nothing is to be done', async () => {
    const plan = await blocksOf(method).plan(planInput(SMALL, 1e12))
    expect(plan.expectedError).toBe(0)
    for (const cell of plan.cells) expect(cell.action).toBe('keep')
  })

  it('never predicts more error for more bytes, and some for few', async () => {
    const plans = await Promise.all(budgets(method, SMALL).map(async (budget) => blocksOf(method).plan(planInput(SMALL, budget))))
    const errors = plans.map((plan) => plan.expectedError ?? 0)
    for (const [index, error] of errors.entries()) expect(error).toBeLessThanOrEqual((errors[index - 1] ?? Infinity) * (1 + 1e-8))
    expect(errors[0]).toBeGreaterThan(0)
  })

  it('keeps norms and routers in F32 and says why a type fell back', async () => {
    const plan = await blocksOf(method).plan(planInput(ODD, blocksOf(method).sizeRange(planInput(ODD, 0)).smallestBytes))
    for (const cell of plan.cells.filter((one) => /[Nn]orm|router/.test(one.role))) expect(cell.detail).toBe('F32')
    for (const cell of plan.cells.filter((one) => one.role === 'expertDown')) {
      expect(cell.detail).toBe('Q4_0')
      expect(cell.note).toMatchObject({ columns: 192 })
    }
  })

  it('refuses unsound settings', async () => {
    await expect((async () => blocksOf(method).plan(planInput(SMALL, 1e12, { types: ['Q9_9'] })))()).rejects.toThrow(/request-invalid/)
  })
})

describe.each(methods.map((method) => [method.id, method] as const))('method %s', (_, method) => {
  it('describes every setting and has a default for each', () => {
    for (const [name, setting] of Object.entries(method.parameters.shape))
      expect(z.globalRegistry.get(setting)?.description, name).toBeTruthy()
    expect(method.parameters.safeParse({}).success).toBe(true)
    expect(() => z.toJSONSchema(method.parameters)).not.toThrow()
  })

  it('can write something', () => {
    expect(formatsOf(method).length).toBeGreaterThan(0)
  })
})
