import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { architectureById } from '../../src-main/architectures/index.ts'
import { checkpointTensors } from '../../src-main/architectures/tensor-list.ts'
import { writeSafetensors } from '../../src-main/formats/safetensors/writer.ts'
import { openCheckpoint } from '../../src-main/model/open-checkpoint.ts'
import { expectFailure } from '../fixtures/expected-error.ts'
import { FAMILY_CONFIGS, writeFamilyCheckpoint } from '../fixtures/family-checkpoint.ts'
import { randomTensor } from '../fixtures/random-tensor.ts'
import { temporaryFolder } from '../fixtures/temporary-folder.ts'

/** A checkpoint of `config` with more tensors than its family asks for. */
async function withTensors(config: Readonly<Record<string, unknown>>, added: readonly (readonly [string, readonly number[]])[]) {
  const folder = await writeFamilyCheckpoint(await temporaryFolder(), config)
  const architecture = architectureById(String(config['model_type']))
  const places = checkpointTensors(architecture, architecture.readShape(config)).map(({ name, shape }) => [name, shape] as const)
  const tensors = [...places, ...added].map(([name, shape]) =>
    randomTensor({ name, shape, role: 'output', layer: null, expert: null }, 'BF16', 0, 'normal'),
  )
  await writeSafetensors(join(folder, 'model.safetensors'), tensors, { format: 'pt' })
  return folder
}

const LATER: readonly [string, readonly number[]] = ['model.layers.3.input_layernorm.weight', [256]]

test('a layer that predicts later tokens is counted and left out where the config names it, and refused where not', async () => {
  const named = await withTensors({ ...FAMILY_CONFIGS.latent, num_nextn_predict_layers: 1 }, [LATER])
  const { facts, close } = await openCheckpoint(named)
  await close()
  expect(facts.leftOut).toEqual([{ what: 'later-tokens', tensors: 1, bytes: 512 }])
  const unnamed = await withTensors(FAMILY_CONFIGS.latent, [LATER])
  await expectFailure(() => openCheckpoint(unnamed), 'tensor-unexpected', { tensor: LATER[0] })
})

test('a config of fewer layers than there are does not pass for a shorter model', async () => {
  const folder = await writeFamilyCheckpoint(await temporaryFolder(), FAMILY_CONFIGS.dense)
  const config: unknown = JSON.parse(await readFile(join(folder, 'config.json'), 'utf8'))
  await writeFile(join(folder, 'config.json'), JSON.stringify({ ...(config as object), num_hidden_layers: 2 }))
  await expectFailure(() => openCheckpoint(folder), 'tensor-unexpected')
})

test('tensors of other senses are counted; two tensors in one place are refused', async () => {
  const sees = await withTensors(FAMILY_CONFIGS.dense, [['model.visual.patch_embed.proj.weight', [8, 8]]])
  const { facts, close } = await openCheckpoint(sees)
  await close()
  expect(facts.leftOut).toEqual([{ what: 'vision', tensors: 1, bytes: 128 }])
  const twice = await withTensors(FAMILY_CONFIGS.dense, [['model.language_model.norm.weight', [256]]])
  await expectFailure(() => openCheckpoint(twice), 'tensor-unexpected')
})

test('experts that are there one by one and stacked are refused', async () => {
  const folder = await withTensors(FAMILY_CONFIGS.latent, [
    ['model.layers.1.mlp.experts.gate_up_proj', [8, 512, 256]],
    ['model.layers.1.mlp.experts.down_proj', [8, 256, 256]],
  ])
  await expectFailure(() => openCheckpoint(folder), 'tensor-unexpected', { tensor: 'model.layers.1.mlp.experts.0.gate_proj.weight' })
})

test.each([
  ['topk_group', { n_group: 8, topk_group: 1, num_experts_per_tok: 2 }, 'few-in-groups'],
  ['topk_group', { n_group: 2, topk_group: 4 }, 'exceeds'],
  ['n_group', { n_group: 3, topk_group: 1 }, 'uneven'],
  ['first_k_dense_replace', { first_k_dense_replace: 3 }, 'all-dense'],
])('%s that leaves no sound model is invalid: %j', async (key, change, reason) => {
  const { latent } = FAMILY_CONFIGS
  await expectFailure(() => architectureById('deepseek_v3').readShape({ ...latent, ...change }), 'config-invalid', { key, reason })
})

test.each([
  [
    'qwen2_moe',
    { tie_word_embeddings: true, num_experts: 4, num_experts_per_tok: 2, moe_intermediate_size: 64, shared_expert_intermediate_size: 64 },
  ],
  ['qwen3_vl', { head_dim: 64 }],
])('%s without what its loader wants is refused for GGUF before work starts', async (id, change) => {
  const { model_type: _, head_dim: __, ...common } = FAMILY_CONFIGS.dense
  const architecture = architectureById(id)
  const shape = architecture.readShape({ ...common, ...change })
  await expectFailure(() => architecture.ggufMetadata(shape), 'config-key-unsupported', { where: 'gguf' })
})
