import { readdir, stat } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { qwen3Moe } from '../../src-main/architectures/families/qwen3-moe.ts'
import { folderBytes, folderTensors, indexJson, shardName } from '../../src-main/forms/folder-tensors.ts'
import { temporaryFolder } from '../fixtures/temporary-folder.ts'
import { TINY_SHAPE, writeTinyCheckpoint } from '../fixtures/tiny-checkpoint.ts'
import { formOf, gptqForm, sampleForms } from './sample-forms.ts'
import { writeExport } from './write-export.ts'

const model = { architecture: qwen3Moe, shape: TINY_SHAPE }
const tensorsOf = (form: Parameters<typeof folderTensors>[2]) => folderTensors(model, () => 'BF16', form)

describe.each(sampleForms(TINY_SHAPE))('%s', (_, form) => {
  test('the bytes told are those of the files written', async () => {
    const folder = await temporaryFolder()
    const { folder: checkpoint } = await writeTinyCheckpoint(path.join(folder, 'checkpoint'))
    const out = path.join(folder, 'out')
    await writeExport(checkpoint, out, form)
    const told = folderBytes(tensorsOf(form))
    const written = await Promise.all(
      told.shards.map(async (__, shard) => (await stat(path.join(out, shardName(shard, told.shards.length)))).size),
    )
    expect(told.shards).toEqual(written)
    expect(told.total).toBe(written.reduce((sum, bytes) => sum + bytes, 0))
    expect((await readdir(out)).filter((name) => name.endsWith('.safetensors')).length).toBe(TINY_SHAPE.layers + 1)
  })

  test('a layer is written expert by expert, after what its experts share', () => {
    for (let layer = 0; layer < TINY_SHAPE.layers; layer++) {
      const experts = tensorsOf(form)
        .filter((tensor) => tensor.layer === layer)
        .map((tensor) => tensor.expert)
      const firstExpert = experts.findIndex((expert) => expert !== null)
      const order = experts.slice(firstExpert)
      expect(order).not.toContain(null)
      expect(order).toEqual([...order].sort((a, b) => (a ?? 0) - (b ?? 0)))
    }
  })
})

test('names are those GPTQ and the modeling file look for', () => {
  const names = sampleForms(TINY_SHAPE).flatMap(([, form]) => tensorsOf(form).map((tensor) => tensor.name))
  expect(names).toEqual(
    expect.arrayContaining([
      'model.layers.1.mlp.experts.2.gate_proj.qweight',
      'model.layers.1.mlp.experts.2.gate_proj.g_idx',
      'model.layers.1.self_attn.o_proj.qzeros',
      'model.layers.1.mlp.gate_factors.basis.2',
      'model.layers.1.mlp.gate_factors.mix',
      'model.layers.1.mlp.up_factors.left.1',
      'model.layers.1.mlp.down_factors.columns',
      'model.layers.1.mlp.experts.3.gate_proj.left',
      'model.layers.1.mlp.experts.0.gate_proj.correction_scale',
      'model.layers.1.self_attn.k_factors.basis.0',
      'model.layers.0.mlp.experts.0.down_proj.weight',
      'model.embed_tokens.weight',
    ]),
  )
  const [, mixed] = sampleForms(TINY_SHAPE)[1] ?? ['', gptqForm(TINY_SHAPE)]
  const ofOneBit = tensorsOf(mixed)
    .map((tensor) => tensor.name)
    .filter((name) => name.startsWith('model.layers.1.mlp.experts.0.gate_proj.'))
  expect(ofOneBit.map((name) => name.split('.').at(-1))).toEqual(['qweight', 'scales'])
})

test('the index names every tensor once, with its file', () => {
  const tensors = tensorsOf(gptqForm(TINY_SHAPE))
  const index = JSON.parse(indexJson(tensors)) as { metadata: { total_size: number }; weight_map: Record<string, string> }
  expect(Object.keys(index.weight_map).length).toBe(tensors.length)
  expect(index.weight_map['lm_head.weight']).toBe('model-00001-of-00003.safetensors')
  expect(index.weight_map['model.layers.1.self_attn.q_proj.qweight']).toBe('model-00003-of-00003.safetensors')
})

test('a form for another number of layers is refused', () => {
  expect(() => tensorsOf({ ...formOf(TINY_SHAPE, {}), layers: [{}] })).toThrow(RangeError)
})
