import type { Forward } from '../../src-main/forward/forward.ts'
import { tokenCount } from '../../src-main/forward/hidden.ts'
import type { Hidden } from '../../src-main/forward/hidden.ts'
import type { MoeModel } from '../../src-main/model/moe-model.ts'

/** The stream after all layers. */
export async function allLayers(forward: Forward, model: MoeModel, windows: readonly Int32Array[]): Promise<Hidden> {
  const hidden = await forward.embed(model, windows)
  for (const layer of model.layers) await forward.runLayer(model, layer.index, hidden)
  return hidden
}

/** Logits of every token. (tokens, vocabulary) */
export async function allLogits(forward: Forward, model: MoeModel, windows: readonly Int32Array[]): Promise<Float32Array> {
  const hidden = await allLayers(forward, model, windows)
  const head = await forward.openOutput(model)
  try {
    return await head.logits(hidden, 0, tokenCount(hidden))
  } finally {
    head.close()
  }
}

/** exp of the mean negative log likelihood of each window's tokens from `firstTarget` on. */
export async function perplexity(forward: Forward, model: MoeModel, windows: readonly Int32Array[], firstTarget = 1): Promise<number> {
  const hidden = await allLayers(forward, model, windows)
  const head = await forward.openOutput(model)
  const { vocabulary } = model.shape
  let [loss, count, at] = [0, 0, 0]
  try {
    for (const window of windows) {
      const logits = await head.logits(hidden, at, window.length)
      for (let target = firstTarget; target < window.length; target++) {
        const row = logits.subarray((target - 1) * vocabulary, target * vocabulary)
        const highest = row.reduce((most, value) => Math.max(most, value), -Infinity)
        const total = row.reduce((sum, value) => sum + Math.exp(value - highest), 0)
        loss += Math.log(total) + highest - (row[window[target] as number] as number)
        count++
      }
      at += window.length
    }
  } finally {
    head.close()
  }
  return Math.exp(loss / count)
}
