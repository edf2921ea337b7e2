import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import { openSafetensorsFolder } from '../../src-main/formats/safetensors/reader.ts'
import { GOLDEN_RECIPES, goldenWeights, readGolden, writeGoldenCheckpoint } from '../fixtures/golden-checkpoint.ts'
import { temporaryFolder } from '../fixtures/temporary-folder.ts'

test.each(GOLDEN_RECIPES)('%s has logits for every token of its windows', (recipe) => {
  const golden = readGolden(recipe)
  const vocabulary = Math.max(...golden.tensors.filter(({ fill }) => fill === 'embedding').map(({ shape }) => shape[0] ?? 0))
  expect(golden.tokens.map((window) => window.length)).toEqual([24, 17])
  expect(golden.logits.map((logits) => logits.length)).toEqual(golden.tokens.map((window) => window.length * vocabulary))
  expect(golden.logits.every((logits) => logits.every(Number.isFinite))).toBe(true)
})

test.each(['BF16', 'F16', 'F32'] as const)('a golden checkpoint in %s reads back as it was made', async (dtype) => {
  const folder = await temporaryFolder()
  await writeGoldenCheckpoint('qwen3_moe', folder, { dtype, config: 'v5' })
  const { tensors } = readGolden('qwen3_moe')
  const checkpoint = await openSafetensorsFolder(folder)
  try {
    expect(checkpoint.tensors.size).toBe(tensors.length)
    for (const tensor of tensors) expect(await checkpoint.tensors.get(tensor.name)?.read()).toEqual(goldenWeights(tensor))
  } finally {
    await checkpoint.close()
  }
  expect(JSON.parse(await readFile(path.join(folder, 'config.json'), 'utf8'))).toHaveProperty('rope_parameters')
})
