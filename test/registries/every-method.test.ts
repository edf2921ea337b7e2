import * as z from 'zod'
import { describe, expect, it } from 'vitest'
import { ExpectedError } from '../../src-main/contract/errors.ts'
import { Plan } from '../../src-main/contract/plan.ts'
import { methodById, methods } from '../../src-main/methods/index.ts'
import { rowBytes } from '../../src-main/tensor/ggml-type.ts'
import type { GgmlTypeName } from '../../src-main/tensor/ggml-type.ts'
import { ODD, SMALL, planInput } from '../methods/plan-input.ts'

/** A spread of budgets a method can meet, from its smallest file to beyond its largest. */
function budgets(method: (typeof methods)[number], sizes: typeof SMALL): number[] {
  const { smallestBytes, largestBytes } = method.sizeRange(planInput(sizes, 0))
  return [0, 0.1, 0.33, 0.5, 0.77, 1, 1.2].map((part) => Math.floor(smallestBytes + part * (largestBytes - smallestBytes)))
}

it('gives every method an id of its own, found by it', () => {
  expect(new Set(methods.map((method) => method.id)).size).toBe(methods.length)
  for (const method of methods) expect(methodById(method.id)).toBe(method)
  expect(() => methodById('no-such-method')).toThrow(ExpectedError)
})

describe.each(methods.map((method) => [method.id, method] as const))('method %s', (_, method) => {
  it.each([['whole K blocks', SMALL], ['rows that need a fallback', ODD]] as const)('spends at most its budget, in exact bytes: %s', (_name, sizes) => {
    for (const budget of budgets(method, sizes)) {
      const input = planInput(sizes, budget)
      const plan = method.plan(input)
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

  it('reaches both ends of its size range and refuses one byte less, naming the nearest possible budget', () => {
    const range = method.sizeRange(planInput(ODD, 0))
    expect(method.plan(planInput(ODD, range.smallestBytes)).bytes).toBe(range.smallestBytes)
    expect(method.plan(planInput(ODD, range.largestBytes)).bytes).toBe(range.largestBytes)
    try {
      method.plan(planInput(ODD, range.smallestBytes - 1))
      expect.unreachable()
    } catch (error) {
      expect(error).toMatchObject({ code: 'budget-too-small', details: { smallestBytes: range.smallestBytes } })
    }
  })

  it('plans the same for the same input, and the plan survives JSON', () => {
    const budget = budgets(method, SMALL)[3] ?? 0
    const plan = method.plan(planInput(SMALL, budget))
    expect(method.plan(planInput(SMALL, budget))).toEqual(plan)
    expect(Plan.parse(JSON.parse(JSON.stringify(plan)))).toEqual(plan)
  })

  it('leaves the model as it is where nothing is to be done', () => {
    const plan = method.plan(planInput(SMALL, 1e12))
    expect(plan.expectedError).toBe(0)
    for (const cell of plan.cells) expect(cell.action).toBe('keep')
  })

  it('never predicts more error for more bytes, and some for few', () => {
    const errors = budgets(method, SMALL).map((budget) => method.plan(planInput(SMALL, budget)).expectedError)
    for (const [index, error] of errors.entries()) expect(error).toBeLessThanOrEqual((errors[index - 1] ?? Infinity) * (1 + 1e-8))
    expect(errors[0]).toBeGreaterThan(0)
  })

  it('keeps norms and routers in F32 and says why a type fell back', () => {
    const plan = method.plan(planInput(ODD, method.sizeRange(planInput(ODD, 0)).smallestBytes))
    for (const cell of plan.cells.filter((one) => /[Nn]orm|router/.test(one.role))) expect(cell.detail).toBe('F32')
    for (const cell of plan.cells.filter((one) => one.role === 'expertDown')) {
      expect(cell.detail).toBe('Q4_0')
      expect(cell.note).toContain('192')
    }
  })

  it('describes every setting, has a default for each and refuses unsound ones', () => {
    for (const [name, setting] of Object.entries(method.parameters.shape)) expect(z.globalRegistry.get(setting)?.description, name).toBeTruthy()
    expect(method.parameters.safeParse({}).success).toBe(true)
    expect(() => z.toJSONSchema(method.parameters)).not.toThrow()
    expect(() => method.plan(planInput(SMALL, 1e12, { types: ['Q9_9'] }))).toThrow(/request-invalid/)
  })
})
