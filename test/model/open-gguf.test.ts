import path from 'node:path'
import { describe, expect, test } from 'vitest'
import type { GgufValue, ModelShape } from '../../src-main/architectures/architecture.ts'
import { qwen3Moe } from '../../src-main/architectures/families/qwen3-moe.ts'
import { ggufTensors } from '../../src-main/architectures/tensor-list.ts'
import { layoutGguf } from '../../src-main/formats/gguf/layout.ts'
import type { GgufTensorSpec } from '../../src-main/formats/gguf/layout.ts'
import { GgufWriter } from '../../src-main/formats/gguf/writer.ts'
import { referenceKernels } from '../../src-main/kernels/reference.ts'
import { openCheckpoint } from '../../src-main/model/open-checkpoint.ts'
import { openGgufModel } from '../../src-main/model/open-gguf.ts'
import { expectFailure } from '../fixtures/expected-error.ts'
import { tensorsAt, writeF32Gguf } from '../fixtures/f32-gguf.ts'
import { temporaryFolder } from '../fixtures/temporary-folder.ts'
import { TINY_SHAPE, writeTinyCheckpoint } from '../fixtures/tiny-checkpoint.ts'

test.each<[string, Partial<ModelShape>]>([
  ['as it is', {}],
  ['tied embeddings', { tiedEmbeddings: true }],
  ['one expert', { experts: 1, expertsPerToken: 1 }],
])('a checkpoint written as F32 opens as the same model, weight for weight: %s', async (_, change) => {
  const { folder } = await writeTinyCheckpoint(await temporaryFolder(), { shape: change })
  const file = path.join(folder, 'x.gguf')
  const original = await openCheckpoint(folder)
  await writeF32Gguf(file, original.model, new Map())
  const written = await openGgufModel(file, referenceKernels)
  try {
    const { shape } = original.model
    expect(written.shape).toEqual({ ...shape, normEpsilon: Math.fround(shape.normEpsilon) })
    for (const place of ggufTensors(qwen3Moe, shape)) {
      const theirs = tensorsAt(written, place)
      for (const [i, tensor] of tensorsAt(original.model, place).entries()) {
        expect(theirs[i]?.shape).toEqual(tensor.shape)
        expect(await theirs[i]?.read()).toEqual(await tensor.read())
      }
    }
  } finally {
    await Promise.all([original.close(), written.close()])
  }
})

test('rows of one expert are those rows, and end with it', async () => {
  const { folder } = await writeTinyCheckpoint(await temporaryFolder())
  const file = path.join(folder, 'x.gguf')
  const original = await openCheckpoint(folder)
  await writeF32Gguf(file, original.model, new Map())
  const written = await openGgufModel(file, referenceKernels)
  try {
    const [theirs, ours] = [written.layers[1]?.experts[2]?.down, original.model.layers[1]?.experts[2]?.down]
    expect(theirs?.bytes).toBe(64 * 32 * 4)
    expect(await theirs?.readRows(60, 4)).toEqual(await ours?.readRows(60, 4))
    await expect(theirs?.readRows(60, 5)).rejects.toThrow(RangeError)
  } finally {
    await Promise.all([original.close(), written.close()])
  }
})

describe('files that are no model', () => {
  const name = (value: string): [string, GgufValue] => ['general.architecture', { type: 'string', value }]
  const specs = (shape = TINY_SHAPE) =>
    ggufTensors(qwen3Moe, shape).map((place): GgufTensorSpec => ({ name: place.name, type: 'F32', shape: place.shape }))

  async function write(metadata: ReadonlyMap<string, GgufValue>, tensors: readonly GgufTensorSpec[]): Promise<string> {
    const file = path.join(await temporaryFolder(), 'x.gguf')
    const layout = layoutGguf(metadata, tensors)
    const writer = await GgufWriter.create(file, layout)
    for (const tensor of layout.tensors) await writer.write(tensor.name, new Uint8Array(tensor.bytes))
    await writer.finish()
    return file
  }

  const honest = new Map([name('qwen3moe'), ...qwen3Moe.ggufMetadata(TINY_SHAPE)])

  test('no architecture, an unknown one, keys missing', async () => {
    const nameless = await write(new Map(), specs())
    await expectFailure(() => openGgufModel(nameless, referenceKernels), 'gguf-invalid')
    const unknown = await write(new Map([name('gpt2')]), specs())
    await expectFailure(() => openGgufModel(unknown, referenceKernels), 'architecture-unknown', { architecture: 'gpt2' })
    const bare = await write(new Map([name('qwen3moe')]), specs())
    await expectFailure(() => openGgufModel(bare, referenceKernels), 'gguf-invalid', { key: 'qwen3moe.block_count' })
  })

  test('a tensor too few, too many, of another shape', async () => {
    const few = await write(
      honest,
      specs().filter((spec) => spec.name !== 'blk.1.attn_k.weight'),
    )
    await expectFailure(() => openGgufModel(few, referenceKernels), 'tensor-missing', { tensor: 'blk.1.attn_k.weight' })
    const many = await write(honest, [...specs(), { name: 'blk.0.attn_k.bias', type: 'F32', shape: [32] }])
    await expectFailure(() => openGgufModel(many, referenceKernels), 'tensor-unexpected', { tensor: 'blk.0.attn_k.bias' })
    const other = await write(
      honest,
      specs().map((spec) => (spec.name === 'blk.0.ffn_up_exps.weight' ? { ...spec, shape: [3, 32, 64] } : spec)),
    )
    await expectFailure(() => openGgufModel(other, referenceKernels), 'tensor-shape', { tensor: 'blk.0.ffn_up_exps.weight' })
  })
})
