import path from 'node:path'
import { getLlama, LlamaLogLevel } from 'node-llama-cpp'
import type { Token } from 'node-llama-cpp'
import { expect, test } from 'vitest'
import type { ModelShape } from '../../../src-main/architectures/architecture.ts'
import { openCheckpoint } from '../../../src-main/model/open-checkpoint.ts'
import { tokenizerMetadata } from '../../../src-main/text/gguf-tokenizer.ts'
import { writeF32Gguf } from '../../fixtures/f32-gguf.ts'
import { temporaryFolder } from '../../fixtures/temporary-folder.ts'
import { TINY_SHAPE, writeTinyCheckpoint } from '../../fixtures/tiny-checkpoint.ts'

/** Probabilities llama.cpp gives to each next token after each of `tokens`. */
async function probabilities(file: string, tokens: readonly number[]): Promise<Map<Token, number>[]> {
  const llama = await getLlama({ gpu: false, build: 'never', logLevel: LlamaLogLevel.error, maxThreads: 1 })
  try {
    const model = await llama.loadModel({ modelPath: file })
    const context = await model.createContext({ contextSize: 64 })
    const inputs = tokens.map((token): [Token, { generateNext: { probabilities: true } }] => [
      token as Token,
      { generateNext: { probabilities: true } },
    ])
    const outputs = await context.getSequence().controlledEvaluate(inputs)
    return outputs.map((output) => output?.next.probabilities ?? new Map<Token, number>())
  } finally {
    await llama.dispose()
  }
}

test.each([
  ['separate output', {}],
  ['tied embeddings', { tiedEmbeddings: true }],
  ['one expert, its stack written without the leading 1', { experts: 1, expertsPerToken: 1 }],
] satisfies [string, Partial<ModelShape>][])('llama.cpp runs an F32 file of a tiny checkpoint: %s', async (_, change) => {
  const folder = await temporaryFolder()
  const { shape } = await writeTinyCheckpoint(folder, { shape: change, tokenizer: true })
  const file = path.join(folder, 'tiny.gguf')
  const { model, close } = await openCheckpoint(folder)
  try {
    await writeF32Gguf(file, model, await tokenizerMetadata(folder, shape.vocabulary))
  } finally {
    await close()
  }
  const rows = await probabilities(file, [5, 70, 300, 12])
  expect(rows.length).toBe(4)
  for (const row of rows) {
    expect(row.size).toBe(TINY_SHAPE.vocabulary)
    expect([...row.values()].reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 4)
  }
})
