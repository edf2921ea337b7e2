import { describe, expect, test } from 'vitest'
import { ARCHITECTURES, architectureById, architectureOfGguf } from '../../src-main/architectures/index.ts'
import { qwen3Moe } from '../../src-main/architectures/families/qwen3-moe.ts'
import { EXPERT_ROLES } from '../../src-main/architectures/parts.ts'
import { checkpointTensors, ggufTensors } from '../../src-main/architectures/tensor-list.ts'
import { layoutGguf } from '../../src-main/formats/gguf/layout.ts'
import { parseGgufHeader } from '../../src-main/formats/gguf/header.ts'
import { openCheckpoint } from '../../src-main/model/open-checkpoint.ts'
import { elementCount } from '../../src-main/tensor/tensor.ts'
import { expectFailure } from '../fixtures/expected-error.ts'
import { tensorsAt } from '../fixtures/f32-gguf.ts'
import { writeQwen3MoeConfig } from '../fixtures/qwen3-moe-config.ts'
import { temporaryFolder } from '../fixtures/temporary-folder.ts'
import { QWEN3_30B_LAYER_SHAPE, TINY_K_SHAPE, TINY_SHAPE, writeTinyCheckpoint } from '../fixtures/tiny-checkpoint.ts'

const SHAPES = [TINY_SHAPE, TINY_K_SHAPE, QWEN3_30B_LAYER_SHAPE, { ...TINY_SHAPE, tiedEmbeddings: true }]
const NOTHING = { metadata: new Map(), tensors: new Map() }

test('an unknown family is refused by both its names', async () => {
  const known = ARCHITECTURES.map(({ id }) => id)
  await expectFailure(() => architectureById('gpt2'), 'architecture-unknown', { architecture: 'gpt2', known })
  await expectFailure(() => architectureOfGguf('gpt2', NOTHING), 'architecture-unknown', { architecture: 'gpt2', known })
})

test('a family exists once', () => {
  expect(new Set(ARCHITECTURES.map(({ id }) => id)).size).toBe(ARCHITECTURES.length)
  for (const architecture of ARCHITECTURES) expect(architectureById(architecture.id)).toBe(architecture)
})

describe('qwen3_moe', () => {
  const architecture = qwen3Moe

  test.each(SHAPES)('a shape survives config.json and JSON', (shape) => {
    expect(architecture.readShape(JSON.parse(JSON.stringify(writeQwen3MoeConfig(shape))))).toEqual(shape)
  })

  test.each(SHAPES)('a shape survives the GGUF header, its decimals as f32', (shape) => {
    const { headerBytes } = layoutGguf(architecture.ggufMetadata(shape), [])
    const { metadata } = parseGgufHeader(headerBytes, headerBytes.byteLength)
    const expected = { ...shape, ropeBase: Math.fround(shape.ropeBase), normEpsilon: Math.fround(shape.normEpsilon), tiedEmbeddings: true }
    const tensors = new Map(ggufTensors(architecture, expected).map((place) => [place.name, place]))
    expect(architecture.shapeFromGguf({ metadata, tensors })).toEqual(expected)
  })

  test('config.json without one of its keys, or with one more, is refused', async () => {
    const config = writeQwen3MoeConfig(TINY_SHAPE)
    await expectFailure(() => architecture.readShape({ ...config, unheard_of: 1 }), 'config-key-unsupported', { key: 'unheard_of' })
    for (const key of ['num_hidden_layers', 'hidden_size', 'vocab_size']) {
      const { [key]: removed, ...rest } = config
      expect(removed).toBeDefined()
      await expectFailure(() => architecture.readShape(rest), 'config-invalid', { key })
    }
  })

  test.each(SHAPES)('every tensor has one place and one name in each container', (shape) => {
    for (const places of [checkpointTensors(architecture, shape), ggufTensors(architecture, shape)]) {
      expect(new Set(places.map(({ name }) => name)).size).toBe(places.length)
      expect(new Set(places.map(({ role, layer, expert }) => `${role} ${layer} ${expert}`)).size).toBe(places.length)
      expect(places.some(({ name }) => /[{}]/.test(name))).toBe(false)
    }
  })

  test.each(SHAPES)('both containers hold the same weights', (shape) => {
    const weights = (places: readonly { shape: readonly number[] }[]) => places.reduce((sum, place) => sum + elementCount(place.shape), 0)
    expect(weights(ggufTensors(architecture, shape))).toBe(weights(checkpointTensors(architecture, shape)))
    const expertPlaces = checkpointTensors(architecture, shape).filter(({ expert }) => expert !== null)
    expect(expertPlaces.length).toBe(shape.layers * shape.experts * EXPERT_ROLES.length)
  })

  test.each([TINY_SHAPE, { ...TINY_SHAPE, tiedEmbeddings: true }])(
    'every tensor of the tiny checkpoint has exactly one role',
    async (shape) => {
      const { folder } = await writeTinyCheckpoint(await temporaryFolder(), { architecture, shape })
      const { model, close } = await openCheckpoint(folder)
      try {
        const held = ggufTensors(architecture, shape).flatMap((place) => tensorsAt(model, place))
        expect(held.map(({ name }) => name).sort()).toEqual(
          checkpointTensors(architecture, shape)
            .map(({ name }) => name)
            .sort(),
        )
      } finally {
        await close()
      }
    },
  )
})
