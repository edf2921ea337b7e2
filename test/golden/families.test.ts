import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openForward, type Forward } from '../../src-main/forward/forward.ts'
import { openCheckpoint } from '../../src-main/model/open-checkpoint.ts'
import type { MoeModel } from '../../src-main/model/moe-model.ts'
import { GOLDEN_RECIPES, goldenHash, readGolden, writeGoldenCheckpoint } from '../fixtures/golden-checkpoint.ts'
import { temporaryFolder } from '../fixtures/temporary-folder.ts'

/** Largest difference of two lists of numbers. */
function distance(a: Float32Array, b: Float32Array): number {
  return a.reduce((most, value, index) => Math.max(most, Math.abs(value - (b[index] ?? Infinity))), 0)
}

/** Logits of each window. (tokens, vocabulary) */
async function logitsOf(forward: Forward, model: MoeModel, windows: readonly Int32Array[]): Promise<Float32Array[]> {
  const hidden = await forward.embed(model, windows)
  for (const { index } of model.layers) await forward.runLayer(model, index, hidden)
  const head = await forward.openOutput(model)
  try {
    const out: Float32Array[] = []
    let start = 0
    for (const { length } of windows) {
      out.push(await head.logits(hidden, start, length))
      start += length
    }
    return out
  } finally {
    head.close()
  }
}

let forward: Forward
beforeAll(() => {
  forward = openForward({ device: 'cpu', threads: 1 })
})
afterAll(() => forward.close())

describe.each(GOLDEN_RECIPES)('%s', (recipe) => {
  const golden = readGolden(recipe)

  test('the checkpoint is made of the numbers it was made of', () => {
    expect(goldenHash(golden)).toBe(golden.sha256)
  })

  test("logits are transformers'", async () => {
    const { model, close } = await openCheckpoint(await writeGoldenCheckpoint(recipe, await temporaryFolder()))
    try {
      const found = await logitsOf(
        forward,
        model,
        golden.tokens.map((window) => Int32Array.from(window)),
      )
      const worst = Math.max(...found.map((logits, window) => distance(logits, golden.logits[window] as Float32Array)))
      expect(worst).toBeLessThan(1e-3)
    } finally {
      await close()
    }
  })
})
