import { join } from 'node:path'
import { getLlama, LlamaLogLevel, type Llama, type Token } from 'node-llama-cpp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openForward, type Forward } from '../../src-main/forward/forward.ts'
import { referenceKernels } from '../../src-main/kernels/reference.ts'
import { openCheckpoint } from '../../src-main/model/open-checkpoint.ts'
import type { MoeModel } from '../../src-main/model/moe-model.ts'
import { openGgufModel } from '../../src-main/model/open-gguf.ts'
import { tokenizerMetadata } from '../../src-main/text/gguf-tokenizer.ts'
import { expectFailure } from '../fixtures/expected-error.ts'
import { writeF32Gguf } from '../fixtures/f32-gguf.ts'
import { GOLDEN_RECIPES, goldenHash, readGolden, writeGoldenCheckpoint } from '../fixtures/golden-checkpoint.ts'
import { writeTinyTokenizer } from '../fixtures/tiny-tokenizer.ts'
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

/** Recipes whose GGUF llama.cpp would compute otherwise: refused before work starts, by the key that makes the difference. */
const REFUSED: ReadonlyMap<string, string> = new Map([
  ['mistral-window', 'sliding_window'],
  ['deepseek_v2-groups', 'topk_method'],
  ['kimi_k2', 'rope_scaling'],
])

/** Recipes that are not read at all, by the key that stands in the way. */
const UNREAD: ReadonlyMap<string, string> = new Map([['qwen3_moe-dense-layer', 'mlp_only_layers']])

/** Recipes with a second config, in the words transformers 5 saves. */
const SAVED_AGAIN: readonly string[] = ['llama3', 'qwen3_moe', 'glm4_moe']

/** Largest KL divergence of llama.cpp's next-token probabilities from those of `logits`, over all tokens of the windows, in nats. */
async function llamaDivergence(llama: Llama, file: string, windows: readonly (readonly number[])[], logits: readonly Float32Array[]) {
  const model = await llama.loadModel({ modelPath: file })
  try {
    const exact = {
      flashAttention: false,
      swaFullCache: true,
      experimentalKvCacheKeyType: 'F32',
      experimentalKvCacheValueType: 'F32',
    } as const
    const context = await model.createContext({ contextSize: 64, threads: 1, ...exact })
    const sequence = context.getSequence()
    let worst = 0
    for (const [index, window] of windows.entries()) {
      await sequence.clearHistory()
      const asked = window.map((token): [Token, { generateNext: { probabilities: true } }] => [
        token as Token,
        { generateNext: { probabilities: true } },
      ])
      const found = await sequence.controlledEvaluate(asked)
      const own = logits[index] as Float32Array
      const vocabulary = own.length / window.length
      found.forEach((output, token) => {
        worst = Math.max(worst, divergence(own.subarray(token * vocabulary, (token + 1) * vocabulary), output?.next.probabilities))
      })
    }
    return worst
  } finally {
    await model.dispose()
  }
}

/** KL(softmax(logits) || probabilities); infinite where there are none. */
function divergence(logits: Float32Array, probabilities: ReadonlyMap<Token, number> | undefined): number {
  const most = logits.reduce((a, b) => Math.max(a, b))
  const sum = logits.reduce((total, logit) => total + Math.exp(logit - most), 0)
  return logits.reduce((total, logit, id) => {
    const p = Math.exp(logit - most) / sum
    return total + p * Math.log(p / Math.max(probabilities?.get(id as Token) ?? 0, 1e-30))
  }, 0)
}

let forward: Forward
let llama: Llama
beforeAll(async () => {
  forward = openForward({ device: 'cpu', threads: 1 })
  llama = await getLlama({ gpu: false, build: 'never', logLevel: LlamaLogLevel.error, maxThreads: 1 })
})
afterAll(async () => {
  await forward.close()
  await llama.dispose()
})

test.each([...UNREAD])('%s is refused for its %s', async (recipe, key) => {
  const folder = await writeGoldenCheckpoint(recipe, await temporaryFolder())
  await expectFailure(() => openCheckpoint(folder), 'config-key-unsupported', { key })
})

test.each(SAVED_AGAIN)("%s: logits are transformers' with the config transformers 5 saves", async (recipe) => {
  const golden = readGolden(recipe)
  const { model, close } = await openCheckpoint(await writeGoldenCheckpoint(recipe, await temporaryFolder(), { config: 'v5' }))
  try {
    const found = await logitsOf(
      forward,
      model,
      golden.tokens.map((window) => Int32Array.from(window)),
    )
    expect(Math.max(...found.map((logits, window) => distance(logits, golden.logits[window] as Float32Array)))).toBeLessThan(1e-3)
  } finally {
    await close()
  }
})

describe.each(GOLDEN_RECIPES.filter((recipe) => !UNREAD.has(recipe)))('%s', (recipe) => {
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

  test('GGUF reads back the same and llama.cpp agrees, or it is refused', async () => {
    const folder = await writeGoldenCheckpoint(recipe, await temporaryFolder())
    await writeTinyTokenizer(folder, 320)
    const { model, close } = await openCheckpoint(folder)
    const file = join(folder, 'model.gguf')
    try {
      const refused = REFUSED.get(recipe)
      if (refused !== undefined) {
        await expectFailure(() => model.architecture.ggufMetadata(model.shape), 'config-key-unsupported', { key: refused, where: 'gguf' })
        return
      }
      await writeF32Gguf(file, model, await tokenizerMetadata(folder, model.shape.vocabulary))
    } finally {
      await close()
    }
    const back = await openGgufModel(file, referenceKernels)
    try {
      const found = await logitsOf(
        forward,
        back,
        golden.tokens.map((window) => Int32Array.from(window)),
      )
      expect(Math.max(...found.map((logits, window) => distance(logits, golden.logits[window] as Float32Array)))).toBeLessThan(1e-3)
    } finally {
      await back.close()
    }
    expect(await llamaDivergence(llama, file, golden.tokens, golden.logits)).toBeLessThan(1e-5)
  })
})
