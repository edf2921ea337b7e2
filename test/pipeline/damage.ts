import { open, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'vitest'
import * as z from 'zod'
import type { ErrorCode } from '../../src-main/contract/errors.ts'

/** Ways to spoil a checkpoint of two shards, and what each must be told as. */
export interface Damage {
  readonly what: string
  readonly code: ErrorCode
  /** What the details must contain. */
  readonly details: Record<string, unknown>
  spoil(folder: string): Promise<void>
}

const FIRST = 'model-00001-of-00002.safetensors'
const SECOND = 'model-00002-of-00002.safetensors'
const INDEX = 'model.safetensors.index.json'
/** What torch.save begins with: a zip archive. */
const PICKLE = Uint8Array.of(0x50, 0x4b, 3, 4, ...new Uint8Array(200))

const Json = z.record(z.string(), z.unknown())
const Header = z.record(z.string(), z.object({ data_offsets: z.tuple([z.int(), z.int()]).optional() }).loose())
type Header = z.infer<typeof Header>

async function editJson(path: string, edit: (json: Record<string, unknown>) => void): Promise<void> {
  const json = Json.parse(JSON.parse(await readFile(path, 'utf8')))
  edit(json)
  await writeFile(path, JSON.stringify(json))
}

async function readHeader(path: string): Promise<{ header: Header; data: Buffer }> {
  const bytes = await readFile(path)
  const length = Number(bytes.readBigUInt64LE(0))
  return { header: Header.parse(JSON.parse(bytes.toString('utf8', 8, 8 + length))), data: bytes.subarray(8 + length) }
}

async function editHeader(path: string, edit: (header: Header) => void): Promise<void> {
  const { header, data } = await readHeader(path)
  edit(header)
  const json = Buffer.from(JSON.stringify(header))
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(json.length))
  await writeFile(path, Buffer.concat([length, json, data]))
}

/** Makes two tensors of a shard share half of the first one's bytes. */
function overlap(header: Header): void {
  const spans = Object.values(header)
    .flatMap(({ data_offsets: span }) => (span === undefined ? [] : [span]))
    .sort((a, b) => a[0] - b[0])
  const [first, second] = spans
  if (first === undefined || second === undefined) throw new Error('too few tensors')
  const shared = (first[1] - first[0]) / 2
  second[0] -= shared
  second[1] -= shared
}

/** Puts NaN where `tensor` has its element `index`; the checkpoint is BF16. */
export async function putNaN(folder: string, tensor: string, index: number): Promise<void> {
  for (const shard of [FIRST, SECOND]) {
    const path = join(folder, shard)
    const { header, data } = await readHeader(path)
    const start = header[tensor]?.data_offsets?.[0]
    if (start === undefined) continue
    data.writeUInt16LE(0x7fc0, start + 2 * index)
    const file = await open(path, 'r+')
    await file.write(data, 0, data.length, (await file.stat()).size - data.length)
    return file.close()
  }
  throw new Error(`no tensor ${tensor}`)
}

export const DAMAGES: readonly Damage[] = [
  { what: 'a missing folder', code: 'folder-not-found', details: {}, spoil: (folder) => rm(folder, { recursive: true }) },
  { what: 'a missing shard', code: 'shard-missing', details: { shard: SECOND }, spoil: (folder) => rm(join(folder, SECOND)) },
  {
    what: 'a truncated shard',
    code: 'shard-truncated',
    details: { path: expect.stringContaining(SECOND) },
    spoil: (folder) => truncate(join(folder, SECOND), 20_000),
  },
  {
    what: 'a header longer than the file',
    code: 'header-too-long',
    details: { path: expect.stringContaining(FIRST), fileBytes: expect.any(Number) },
    spoil: async (folder) => {
      const bytes = await readFile(join(folder, FIRST))
      bytes.writeBigUInt64LE(BigInt(bytes.length * 2), 0)
      await writeFile(join(folder, FIRST), bytes)
    },
  },
  {
    what: 'overlapping offsets',
    code: 'tensor-overlap',
    details: { path: expect.stringContaining(FIRST) },
    spoil: (folder) => editHeader(join(folder, FIRST), overlap),
  },
  {
    what: '../ in the index',
    code: 'shard-path-escapes',
    details: {},
    spoil: (folder) =>
      editJson(join(folder, INDEX), (index) => {
        const map = Json.parse(index['weight_map'])
        index['weight_map'] = { ...map, [Object.keys(map)[0] ?? '']: `../${FIRST}` }
      }),
  },
  {
    what: 'an unknown architecture',
    code: 'architecture-unknown',
    details: {},
    spoil: (folder) =>
      editJson(join(folder, 'config.json'), (config) => {
        Object.assign(config, { model_type: 'mystery_moe', architectures: ['MysteryMoe'] })
      }),
  },
  {
    what: 'a missing tokenizer',
    code: 'tokenizer-missing',
    details: { file: 'tokenizer.json' },
    spoil: (folder) => rm(join(folder, 'tokenizer.json')),
  },
  {
    what: 'a broken tokenizer',
    code: 'tokenizer-invalid',
    details: { file: 'tokenizer.json' },
    spoil: (folder) => truncate(join(folder, 'tokenizer.json'), 100),
  },
  {
    what: 'an unknown pre-tokenizer',
    code: 'pretokenizer-unknown',
    details: {},
    spoil: (folder) =>
      editJson(join(folder, 'tokenizer.json'), (tokenizer) => {
        tokenizer['pre_tokenizer'] = { type: 'Split', pattern: { Regex: '[aeiou]+' }, behavior: 'Isolated', invert: false }
      }),
  },
  {
    what: 'only a pickle',
    code: 'pickle-refused',
    details: {},
    spoil: async (folder) => {
      await Promise.all([FIRST, SECOND, INDEX].map((file) => rm(join(folder, file))))
      await writeFile(join(folder, 'pytorch_model.bin'), PICKLE)
    },
  },
  {
    what: 'a pickle renamed .safetensors',
    code: 'pickle-refused',
    details: { renamed: true },
    spoil: (folder) => writeFile(join(folder, SECOND), PICKLE),
  },
  {
    what: 'an already quantized model',
    code: 'already-quantized',
    details: {},
    spoil: (folder) =>
      editJson(join(folder, 'config.json'), (config) => {
        config['quantization_config'] = { quant_method: 'gptq', bits: 4 }
      }),
  },
]
