import { ARCHITECTURES } from '../../src-main/architectures/index.ts'
import { existsSync } from 'node:fs'
import { readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { qwen3Moe } from '../../src-main/architectures/families/qwen3-moe.ts'
import { checkpointTensors, eachCheckpointTensor } from '../../src-main/architectures/tensor-list.ts'
import type { TensorPlace } from '../../src-main/architectures/tensor-list.ts'
import { ModelSummary } from '../../src-main/contract/model.ts'
import { writeSafetensors } from '../../src-main/formats/safetensors/writer.ts'
import { matchTensors } from '../../src-main/model/assemble.ts'
import { openCheckpoint } from '../../src-main/model/open-checkpoint.ts'
import { summarizeModel } from '../../src-main/model/summary.ts'
import { expectFailure } from '../fixtures/expected-error.ts'
import { randomTensor } from '../fixtures/random-tensor.ts'
import { temporaryFolder } from '../fixtures/temporary-folder.ts'
import { TINY_SHAPE, writeTinyCheckpoint } from '../fixtures/tiny-checkpoint.ts'

const SHARED = path.resolve(import.meta.dirname, '../../../shared/models')
const TEXT = { tokenizer: { kind: 'bpe', vocabulary: 320, preTokenizer: 'qwen2' }, chatTemplate: false }

const tiny = async () => (await writeTinyCheckpoint(await temporaryFolder())).folder

/** Changes keys of config.json; undefined removes one. */
async function editConfig(folder: string, change: Record<string, unknown>): Promise<void> {
  const file = path.join(folder, 'config.json')
  const config: unknown = JSON.parse(await readFile(file, 'utf8'))
  await writeFile(file, JSON.stringify({ ...Object(config), ...change }))
}

/** Replaces the weights by those of other places. */
async function rewriteWeights(folder: string, edit: (places: TensorPlace[]) => TensorPlace[]): Promise<void> {
  const places = edit(checkpointTensors(qwen3Moe, TINY_SHAPE))
  await writeSafetensors(
    path.join(folder, 'model.safetensors'),
    places.map((place) => randomTensor(place, 'BF16', 0, 'normal')),
  )
}

test('knows every tensor by its role, and reads nothing but what is asked', async () => {
  const { model, close } = await openCheckpoint(await tiny())
  try {
    expect(model.shape).toEqual(TINY_SHAPE)
    expect(model.layers.map(({ index, experts }) => [index, experts.length])).toEqual([
      [0, 4],
      [1, 4],
    ])
    expect(model.layers[1]?.experts[3]?.down.name).toBe('model.layers.1.mlp.experts.3.down_proj.weight')
    expect(await model.layers[1]?.tensors.router?.read()).toHaveLength(4 * 64)
    expect(model.output.name).toBe('lm_head.weight')
  } finally {
    await close()
  }
})

test('the summary is what the contract says, and counts the parameters', async () => {
  const folder = await tiny()
  const { model, facts, close } = await openCheckpoint(folder)
  await close()
  const summary = ModelSummary.parse(summarizeModel(model, facts, TEXT))
  const experts = 2 * 4 * 3 * 64 * 32
  const attention = 64 * 64 * 2 + 2 * 64 * 32 + 2 * 16
  const rest = 2 * 320 * 64 + 64 + 2 * (2 * 64 + 4 * 64 + attention)
  expect(summary.parameters).toEqual({ total: experts + rest, experts, active: experts / 2 + rest })
  expect(summary).toMatchObject({ path: folder, name: path.basename(folder), dtype: 'BF16', shards: 1, license: null })
  expect(summary.bytes).toBe((await readFile(path.join(folder, 'model.safetensors'))).byteLength)
})

describe.skipIf(!existsSync(SHARED))('trained checkpoints (skipped where ../shared/models is absent)', () => {
  test.each([
    ['demo-moe8', 6266816, 1],
    ['wiki-moe16', 14305792, 2],
  ])('%s', async (name, parameters, shards) => {
    const { model, facts, close } = await openCheckpoint(path.join(SHARED, name))
    try {
      const summary = summarizeModel(model, facts, TEXT)
      expect(summary.parameters.total).toBe(parameters)
      expect(summary.shards).toBe(shards)
      expect(summary.tiedEmbeddings).toBe(true)
      expect(model.output).toBe(model.embedding)
      const norm = await model.outputNorm.read()
      expect(norm.every((value) => value > 0 && value < 100)).toBe(true)
    } finally {
      await close()
    }
  })
})

describe('config.json', () => {
  test('missing, not JSON, a list, too long, a folder that is not there', async () => {
    const folder = await tiny()
    const file = path.join(folder, 'config.json')
    for (const text of ['', '{', '[]', 'null', '{"a":1,"a":2}', `{"a":"${'x'.repeat(1024 * 1024)}"}`]) {
      await writeFile(file, text)
      await expectFailure(() => openCheckpoint(folder), 'config-invalid')
    }
    await rm(file)
    await expectFailure(() => openCheckpoint(folder), 'config-missing')
    await expectFailure(() => openCheckpoint(path.join(folder, 'none')), 'folder-not-found')
    await expectFailure(() => openCheckpoint(path.join(folder, 'model.safetensors')), 'folder-not-found')
  })

  test('another architecture, none, an already quantized model, an unknown key', async () => {
    const folder = await tiny()
    const after = async (change: Record<string, unknown>, ...expected: [Parameters<typeof expectFailure>[1], Record<string, unknown>?]) => {
      await editConfig(folder, change)
      await expectFailure(() => openCheckpoint(folder), ...expected)
    }
    await after({ surprise: 1 }, 'config-key-unsupported', { key: 'surprise' })
    const known = ARCHITECTURES.map(({ id }) => id)
    await after({ model_type: 'gpt2' }, 'architecture-unknown', { architecture: 'gpt2', known })
    await after({ model_type: 7 }, 'config-invalid', { key: 'model_type' })
    await after({ quantization_config: { quant_method: 'gptq', bits: 4 } }, 'already-quantized', { method: 'gptq' })
  })
})

describe('tensors that do not fit the configuration', () => {
  test('one is missing', async () => {
    const folder = await tiny()
    await rewriteWeights(folder, (places) => places.filter(({ name }) => !name.includes('1.mlp.experts.2.up_proj')))
    await expectFailure(() => openCheckpoint(folder), 'tensor-missing', { tensor: 'model.layers.1.mlp.experts.2.up_proj.weight' })
  })

  test('a configuration that speaks of millions of tensors costs no more than the file has', async () => {
    const folder = await tiny()
    await editConfig(folder, { num_hidden_layers: 512, num_experts: 1024 })
    await expectFailure(() => openCheckpoint(folder), 'tensor-shape')
    let made = 0
    const places = function* () {
      for (const place of eachCheckpointTensor(qwen3Moe, { ...TINY_SHAPE, layers: 512, experts: 1024 })) {
        made++
        yield place
      }
    }
    expect(() => matchTensors(places(), new Map())).toThrow(/tensor-missing/)
    expect(made).toBe(1)
  })

  test('one is not expected', async () => {
    const folder = await tiny()
    const extra = 'model.layers.0.self_attn.q_proj.bias'
    await rewriteWeights(folder, (places) => [...places, { role: 'query', layer: 0, expert: null, name: extra, shape: [64] }])
    await expectFailure(() => openCheckpoint(folder), 'tensor-unexpected', { tensor: extra })
  })

  test('one has another shape', async () => {
    const folder = await tiny()
    await rewriteWeights(folder, (places) => places.map((place) => (place.role === 'router' ? { ...place, shape: [3, 64] } : place)))
    await expectFailure(() => openCheckpoint(folder), 'tensor-shape', {
      tensor: 'model.layers.0.mlp.gate.weight',
      shape: [3, 64],
      expected: [4, 64],
    })
  })

  test('a matrix that lies the other way round has another shape', async () => {
    const folder = await tiny()
    await rewriteWeights(folder, (places) => places.map((place) => (place.role === 'expertDown' ? { ...place, shape: [32, 64] } : place)))
    await expectFailure(() => openCheckpoint(folder), 'tensor-shape')
  })
})

describe('license', () => {
  test.each([
    ['README.md', '---\nlibrary_name: x\nlicense: apache-2.0\n---\n# Card', 'apache-2.0'],
    ['README.md', '---\r\nlicense: "mit"\r\n---\r\n', 'mit'],
    ['README.md', '# Card\nlicense: mit', null],
    ['README.md', '---\ntitle: x\n---\nlicense: mit', null],
    ['LICENSE', '                 Apache License\n           Version 2.0', 'apache-2.0'],
    ['LICENSE.txt', 'Terms nobody has seen before', 'other'],
  ])('%s %j', async (file, text, license) => {
    const folder = await tiny()
    await writeFile(path.join(folder, file), text)
    const { facts, close } = await openCheckpoint(folder)
    await close()
    expect(facts.license).toBe(license)
  })
})
