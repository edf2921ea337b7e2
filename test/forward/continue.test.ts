import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { continueGreedily } from '../../src-main/forward/continue.ts'
import { openForward, type Forward } from '../../src-main/forward/forward.ts'
import type { MoeModel } from '../../src-main/model/moe-model.ts'
import { openCheckpoint } from './tiny-model.ts'

const DEMO = fileURLToPath(new URL('../../resources/demo-model', import.meta.url))

async function demo(): Promise<{ forward: Forward; model: MoeModel }> {
  const model = await openCheckpoint(DEMO)
  const forward = openForward({ device: 'cpu', threads: 1 })
  onTestFinished(async () => {
    await forward.close()
    await model.close()
  })
  return { forward, model }
}

async function all(ids: AsyncIterable<number>): Promise<number[]> {
  const found: number[] = []
  for await (const id of ids) found.push(id)
  return found
}

/** The most likely next token by a pass over the whole text, the way reports compute it. */
async function nextOf(forward: Forward, model: MoeModel, text: readonly number[]): Promise<number> {
  const hidden = await forward.embed(model, [Int32Array.from(text)])
  for (let index = 0; index < model.layers.length; index++) await forward.runLayer(model, index, hidden)
  const head = await forward.openOutput(model)
  try {
    const logits = await head.logits(hidden, text.length - 1, 1)
    return logits.indexOf(logits.reduce((most, one) => Math.max(most, one), -Infinity))
  } finally {
    head.close()
  }
}

test('each token is the most likely one after the whole text before it, also past a cut of the prompt', async () => {
  const { forward, model } = await demo()
  for (const length of [1, 7, 300]) {
    const prompt = Int32Array.from({ length }, (_, i) => 40 + ((i * 37) % 900))
    const text = [...prompt]
    for (const id of await all(continueGreedily(forward, model, prompt, { tokens: 6, ends: [] }))) {
      expect(id).toBe(await nextOf(forward, model, text))
      text.push(id)
    }
    expect(text.length).toBe(length + 6)
  }
})

test('stops before a token that ends the text, at the limit, and when aborted', async () => {
  const { forward, model } = await demo()
  const prompt = Int32Array.of(100, 200, 300)
  const five = await all(continueGreedily(forward, model, prompt, { tokens: 5, ends: [] }))
  expect(five).toHaveLength(5)
  const last = five.findIndex((id, i) => five.indexOf(id) === i && i > 0)
  expect(await all(continueGreedily(forward, model, prompt, { tokens: 5, ends: [five[last] ?? -1] }))).toEqual(five.slice(0, last))
  const abort = new AbortController()
  const stopped = continueGreedily(forward, model, prompt, { tokens: 5, ends: [], signal: abort.signal })
  expect((await stopped.next()).value).toBe(five[0])
  abort.abort(new Error('enough'))
  await expect(stopped.next()).rejects.toThrow('enough')
})

test('a model whose tokens skip experts is run over the whole text, as its reports are', async () => {
  const { forward, model } = await demo()
  const pruned: MoeModel = { ...model, pruning: { keep: model.layers.map(() => 0.55), protectedShare: 0.2 } }
  const text = Array.from({ length: 24 }, (_, i) => 40 + ((i * 37) % 900))
  const plain = await all(continueGreedily(forward, model, Int32Array.from(text), { tokens: 4, ends: [] }))
  const skipping = await all(continueGreedily(forward, pruned, Int32Array.from(text), { tokens: 4, ends: [] }))
  for (const id of skipping) {
    expect(id).toBe(await nextOf(forward, pruned, text))
    text.push(id)
  }
  // Skipping is real: at least the stream differs, whether or not a token does.
  const [a, b] = [await forward.embed(model, [Int32Array.from(text)]), await forward.embed(model, [Int32Array.from(text)])]
  await forward.runLayer(model, 0, a)
  await forward.runLayer(pruned, 0, b)
  expect(b.data).not.toEqual(a.data)
  expect(plain).toHaveLength(skipping.length)
})
