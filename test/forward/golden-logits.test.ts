import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openForward } from '../../src-main/forward/forward.ts'
import type { MoeModel } from '../../src-main/model/moe-model.ts'
import { allLogits } from './pass.ts'
import { openCheckpoint } from './tiny-model.ts'

const folder = join(import.meta.dirname, '../golden/logits')
const { tokens } = JSON.parse(readFileSync(join(folder, 'golden.json'), 'utf8')) as { tokens: number[][] }
const bytes = readFileSync(join(folder, 'logits.f32'))
const golden = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength))

/** ||a - b|| / ||b||. */
function relativeDistance(a: Float32Array, b: Float32Array): number {
  let difference = 0
  let norm = 0
  b.forEach((value, i) => {
    difference += ((a[i] as number) - value) ** 2
    norm += value ** 2
  })
  return Math.sqrt(difference / norm)
}

describe('the forward pass against Hugging Face transformers', () => {
  const forward = openForward({ device: 'cpu', threads: 1 })
  let model: MoeModel
  beforeAll(async () => {
    model = await openCheckpoint(folder)
  })
  afterAll(async () => {
    await forward.close()
    await model.close()
  })

  test('gives the golden logits', async () => {
    const logits = await allLogits(
      forward,
      model,
      tokens.map((window) => Int32Array.from(window)),
    )
    expect(logits.length).toBe(golden.length)
    expect(relativeDistance(logits, golden)).toBeLessThan(1e-5)
    const scale = golden.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
    const worst = logits.reduce((most, value, i) => Math.max(most, Math.abs(value - (golden[i] as number))), 0)
    expect(worst / scale).toBeLessThan(2e-5)
  })

  test('does not let windows see each other', async () => {
    const [first, second] = tokens.map((window) => Int32Array.from(window))
    if (first === undefined || second === undefined) throw new Error('the golden file has fewer than two windows')
    const alone = await allLogits(forward, model, [second])
    const together = await allLogits(forward, model, [first.subarray(0, 17), second])
    expect(relativeDistance(together.subarray(17 * model.shape.vocabulary), alone)).toBeLessThan(1e-6)
  })

  test('does not let tokens see what follows', async () => {
    const window = Int32Array.from(tokens[0] ?? [])
    const changed = window.with(window.length - 1, (window.at(-1) as number) === 5 ? 6 : 5)
    const before = (window.length - 1) * model.shape.vocabulary
    const [a, b] = [await allLogits(forward, model, [window]), await allLogits(forward, model, [changed])]
    expect(b.subarray(0, before)).toEqual(a.subarray(0, before))
    expect(relativeDistance(b.subarray(before), a.subarray(before))).toBeGreaterThan(0.01)
  })
})
