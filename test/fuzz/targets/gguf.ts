// A GGUF file: fields with other values, a start with changed bytes, data of other lengths. What opens is decoded, split and understood as
// a model.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { GgufValue } from '../../../src-main/architectures/architecture.ts'
import { qwen3Moe } from '../../../src-main/architectures/families/qwen3-moe.ts'
import { ggufTensors } from '../../../src-main/architectures/tensor-list.ts'
import { layoutGguf } from '../../../src-main/formats/gguf/layout.ts'
import { openGguf } from '../../../src-main/formats/gguf/reader.ts'
import { planSplit } from '../../../src-main/formats/gguf/split-plan.ts'
import { loadKernels } from '../../../src-main/kernels/load.ts'
import { openGgufModel } from '../../../src-main/model/open-gguf.ts'
import { elementCount } from '../../../src-main/tensor/tensor.ts'
import { TINY_K_SHAPE } from '../../fixtures/tiny-checkpoint.ts'
import type { Chance } from '../chance.ts'
import { textOf, utf8, type Input } from '../input.ts'
import { mutateBytes } from '../mutate-bytes.ts'
import { NAMES } from '../mutate-json.ts'
import { mustHold, type OpenTarget } from '../target.ts'

const SHAPE = {
  ...TINY_K_SHAPE,
  layers: 1,
  heads: 2,
  kvHeads: 1,
  headSize: 16,
  experts: 2,
  expertsPerToken: 1,
  vocabulary: 4,
  tiedEmbeddings: true,
}
const TYPES = ['Q8_0', 'Q6_K', 'Q5_K', 'Q4_K', 'Q4_0', 'Q3_K', 'Q2_K', 'F16', 'BF16', 'F32'] as const

const SOUND: ReadonlyMap<string, GgufValue> = new Map<string, GgufValue>([
  ['general.architecture', { type: 'string', value: 'qwen3moe' }],
  ...qwen3Moe.ggufMetadata(SHAPE),
  ['tokenizer.ggml.tokens', { type: 'array', of: 'string', value: ['a', 'b', 'c', 'd'] }],
  ['x.numbers', { type: 'array', of: 'i32', value: [1, 2, 3] }],
  ['x.bool', { type: 'bool', value: true }],
  ['x.f64', { type: 'f64', value: 0.5 }],
  ['x.u64', { type: 'u64', value: 7 }],
])

/** Values that may stand where another is wanted. */
const VALUES: readonly GgufValue[] = [
  ...[0, 1, 2, 3, 511, 1024, 4096, 131072, 4294967295].map((value): GgufValue => ({ type: 'u32', value })),
  { type: 'f32', value: NaN },
  { type: 'string', value: '1' },
  { type: 'string', value: 'llama' },
  { type: 'array', of: 'u8', value: [1] },
  ...NAMES.filter((name) => name.isWellFormed() && !name.includes('\0')).map((value): GgufValue => ({ type: 'string', value })),
]

/** A well-made file that may say the wrong things: its start, and the bytes of data that belong to it. */
function file(chance: Chance): { start: Uint8Array; dataBytes: number } {
  const metadata = new Map(SOUND)
  if (chance.happens(0.3)) metadata.set('general.alignment', { type: 'u32', value: chance.pick([8, 16, 32, 64, 4096, 1 << 20]) })
  for (let changes = chance.below(3); changes > 0; changes--) {
    const key = chance.pick([...SOUND.keys()])
    if (chance.happens(0.3)) metadata.delete(key)
    else metadata.set(key, chance.pick(VALUES))
  }
  const type = chance.pick(TYPES)
  const tensors = ggufTensors(qwen3Moe, SHAPE).map(({ name, shape }) => ({
    name,
    type: (shape.at(-1) ?? 0) % 256 === 0 ? type : ('F32' as const),
    shape,
  }))
  if (chance.happens(0.1)) tensors.splice(chance.below(tensors.length), 1)
  if (chance.happens(0.1)) tensors.push({ name: 'one.more', type: 'F32', shape: [chance.pick([1, 3, 64])] })
  const { headerBytes, fileBytes } = layoutGguf(metadata, tensors)
  return { start: headerBytes, dataBytes: fileBytes - headerBytes.byteLength }
}

/** The file of an input: its data is told by length and one byte, for it would be most of a kept input. */
function whole(input: Input): Uint8Array {
  const { bytes, fill } = JSON.parse(textOf(input, 'data')) as { bytes: number; fill: number }
  return Buffer.concat([input['start'] ?? new Uint8Array(), Buffer.alloc(Math.max(0, bytes), fill)])
}

export const openTarget: OpenTarget = (folder) => {
  const { kernels } = loadKernels()
  const path = join(folder, 'file.gguf')
  return {
    make(chance) {
      const { start, dataBytes } = file(chance)
      const data = { bytes: dataBytes + chance.pick([0, 0, 0, 0, 0, 1, -1, 4096, -4096]), fill: chance.below(256) }
      return { start: chance.happens(0.6) ? mutateBytes(chance, start, 4) : start, data: utf8(JSON.stringify(data)) }
    },
    async run(input) {
      const bytes = whole(input)
      writeFileSync(path, bytes)
      const opened = await openGguf(path, kernels)
      try {
        for (const { name, position, bytes: length } of opened.tensors) {
          mustHold(position >= opened.headerBytes && position + length <= bytes.length, `${name} outside the file`)
        }
        for (const tensor of opened.lazy.values()) {
          mustHold((await tensor.read()).length === elementCount(tensor.shape), `${tensor.name} of another size`)
        }
        planSplit(opened, 1_000_000)
      } finally {
        await opened.close()
      }
      const model = await openGgufModel(path, kernels)
      try {
        for (const { experts } of model.layers) for (const { gate } of experts) await gate.read()
      } finally {
        await model.close()
      }
    },
  }
}
