import { describe, expect, it } from 'vitest'
import { methodById } from '../../../src-main/methods/index.ts'
import { blocksOf, ODD, SMALL, planInput } from '../plan-input.ts'

const method = blocksOf(methodById('measured-bits'))

/** The plan at `share` of the way from the smallest to the largest file. */
function planAt(share: number, parameters: Record<string, unknown> = {}) {
  const range = method.sizeRange(planInput(SMALL, 0, parameters))
  return method.plan(planInput(SMALL, Math.floor(range.smallestBytes + share * (range.largestBytes - range.smallestBytes)), parameters))
}

describe('measured bits', () => {
  it('predicts less error than one type for all at the same bytes', async () => {
    const even = await blocksOf(methodById('uniform')).plan(planInput(SMALL, 1_200_000))
    const measured = await method.plan(planInput(SMALL, even.bytes))
    expect(measured.expectedError).toBeLessThan(even.expectedError ?? 0)
  })

  it('gives the tensor that hurts more at least as many bits as its twin', async () => {
    const input = planInput(SMALL, 1_200_000)
    const plan = await method.plan(input)
    const cells = plan.cells.filter((cell) => cell.role === 'query')
    const cost = (name: string) => input.errors.tensors[name]?.Q4_K?.smooth ?? 0
    const [first, second] = cells.sort((a, b) => cost(a.tensor) - cost(b.tensor))
    expect(second?.bytes).toBeGreaterThanOrEqual(first?.bytes ?? Infinity)
  })

  it('holds to the floors', async () => {
    const plan = await planAt(0, { keepAttentionAtLeast: 'Q6_K', keepOutputAtLeast: 'Q8_0' })
    expect(plan.cells.find((cell) => cell.role === 'value')?.detail).toBe('Q6_K')
    expect(plan.cells.find((cell) => cell.role === 'embedding')?.detail).toBe('Q8_0')
    expect(plan.cells.find((cell) => cell.role === 'expertUp')?.detail).toBe('Q2_K')
  })

  it('uses only the types allowed', async () => {
    const types = new Set((await planAt(0.3, { types: ['Q5_K', 'Q3_K'], keepOriginal: false })).cells.map((cell) => cell.detail))
    expect([...types].every((type) => ['Q5_K', 'Q3_K', 'F32'].includes(type))).toBe(true)
  })

  it('stops on a missing measurement rather than calling it free', async () => {
    const input = planInput(ODD, 1e12, { keepOriginal: false })
    await expect((async () => method.plan({ ...input, errors: { sensitivity: 'measured-kl', tensors: {} } }))()).rejects.toThrow(
      /no error known/,
    )
  })
})
