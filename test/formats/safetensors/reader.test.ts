import { copyFile, mkdir, readFile, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { openSafetensorsFolder } from '../../../src-main/formats/safetensors/reader.ts'
import { writeSafetensors } from '../../../src-main/formats/safetensors/writer.ts'
import { narrowToBf16, narrowToF16, widenBf16 } from '../../../src-main/tensor/convert.ts'
import type { Dtype } from '../../../src-main/tensor/dtype.ts'
import { expectFailure } from '../../fixtures/expected-error.ts'
import { temporaryFolder } from '../../fixtures/temporary-folder.ts'
import { writeTinyCheckpoint } from '../../fixtures/tiny-checkpoint.ts'

const FIRST = 'model-00001-of-00002.safetensors'
const INDEX = 'model.safetensors.index.json'

/** A folder of two shards. */
async function twoShards(): Promise<string> {
  return (await writeTinyCheckpoint(await temporaryFolder(), { shards: 2 })).folder
}

/** Rewrites the index's map. */
async function editIndex(folder: string, edit: (map: Record<string, unknown>) => void): Promise<void> {
  const file = path.join(folder, INDEX)
  const index = JSON.parse(await readFile(file, 'utf8')) as { weight_map: Record<string, unknown> }
  edit(index.weight_map)
  await writeFile(file, JSON.stringify(index))
}

describe('reading tensors', () => {
  const narrowed: Record<Dtype, (values: Float32Array) => Uint8Array> = {
    F32: (values) => new Uint8Array(values.buffer),
    F16: (values) => new Uint8Array(narrowToF16(values).buffer),
    BF16: (values) => new Uint8Array(narrowToBf16(values).buffer),
  }

  // 9 million numbers are more than one piece of reading.
  test.each([
    ['F32', 12],
    ['F16', 12],
    ['BF16', 12],
    ['F16', 9_000_000],
    ['BF16', 9_000_000],
  ] as const)('%s, %i numbers, whole and by rows', async (dtype, count) => {
    const folder = await temporaryFolder()
    // Quarters up to 64 are exact in every dtype.
    const values = new Float32Array(count)
    for (let i = 0; i < count; i++) values[i] = (i % 251) / 4
    const tensor = { name: 't', dtype, shape: [count / 4, 4], chunks: () => [narrowed[dtype](values)] }
    const before = { name: 'before', dtype: 'F32', shape: [3], chunks: () => [new Uint8Array(12)] } as const
    await writeSafetensors(path.join(folder, 'model.safetensors'), [before, tensor])
    const source = await openSafetensorsFolder(folder)
    try {
      const lazy = source.tensors.get('t')
      expect(lazy).toMatchObject({ storage: dtype, shape: [count / 4, 4] })
      expect(Buffer.compare(Buffer.from(((await lazy?.read()) ?? values).buffer), Buffer.from(values.buffer))).toBe(0)
      expect(await lazy?.readRows(1, 2)).toEqual(values.slice(4, 12))
      expect(await lazy?.readRows(0, 0)).toEqual(new Float32Array(0))
      await expect(lazy?.readRows(count / 4, 1)).rejects.toThrow(RangeError)
      await expect(lazy?.readRows(-1, 1)).rejects.toThrow(RangeError)
    } finally {
      await source.close()
    }
  })

  test('bfloat16 is widened by the function given', async () => {
    const { folder } = await writeTinyCheckpoint(await temporaryFolder())
    let calls = 0
    const source = await openSafetensorsFolder(folder, (patterns) => {
      calls++
      return widenBf16(patterns)
    })
    await source.tensors.get('model.norm.weight')?.read()
    await source.close()
    expect(calls).toBe(1)
  })

  test('a file that shrinks after it was opened is not read as zeros', async () => {
    const { folder } = await writeTinyCheckpoint(await temporaryFolder())
    const source = await openSafetensorsFolder(folder)
    try {
      await truncate(path.join(folder, 'model.safetensors'), 10_000)
      await expectFailure(() => source.tensors.get('model.layers.1.mlp.experts.3.down_proj.weight')?.read(), 'shard-truncated')
    } finally {
      await source.close()
    }
  })
})

describe('finding weights', () => {
  test('one file needs no index; shards need theirs', async () => {
    const one = await openSafetensorsFolder((await writeTinyCheckpoint(await temporaryFolder())).folder)
    const two = await openSafetensorsFolder(await twoShards())
    expect([...two.tensors.keys()].sort()).toEqual([...one.tensors.keys()].sort())
    expect(two.files.length).toBe(2)
    await Promise.all([one.close(), two.close()])
  })

  test('no folder, an empty folder, a folder of pickles', async () => {
    const folder = await temporaryFolder()
    await expectFailure(() => openSafetensorsFolder(path.join(folder, 'none')), 'folder-not-found')
    await expectFailure(() => openSafetensorsFolder(folder), 'weights-missing')
    for (const name of ['pytorch_model.bin', 'model.pt', 'model.pkl', 'model.ckpt', 'model.pth']) {
      await writeFile(path.join(folder, name), 'x')
      await expectFailure(() => openSafetensorsFolder(folder), 'pickle-refused', { files: [name] })
      await rm(path.join(folder, name))
    }
  })

  test('a missing shard, a truncated shard, a folder in place of a shard', async () => {
    const folder = await twoShards()
    await rename(path.join(folder, FIRST), path.join(folder, 'away'))
    await expectFailure(() => openSafetensorsFolder(folder), 'shard-missing', { shard: FIRST })
    await mkdir(path.join(folder, FIRST))
    await expectFailure(() => openSafetensorsFolder(folder), 'shard-missing', { shard: FIRST })
    await rm(path.join(folder, FIRST), { recursive: true })
    await rename(path.join(folder, 'away'), path.join(folder, FIRST))
    await truncate(path.join(folder, FIRST), (await readFile(path.join(folder, FIRST))).byteLength - 1)
    await expectFailure(() => openSafetensorsFolder(folder), 'shard-truncated')
  })

  test.each([
    '../model.safetensors',
    '/etc/passwd',
    'C:model.safetensors',
    'C:/model.safetensors',
    '..\\model.safetensors',
    '\\\\server\\share\\x',
    'a/../../x.safetensors',
    'x\0.safetensors',
    './x.safetensors',
    '',
    '//x',
  ])('an index that names %j', async (name) => {
    const folder = await twoShards()
    await editIndex(folder, (map) => {
      map['model.norm.weight'] = name
    })
    await expectFailure(() => openSafetensorsFolder(folder), 'shard-path-escapes', { file: name })
  })

  test('a link out of the folder is refused, a link inside it and one into the download cache are not', async () => {
    const outside = await temporaryFolder()
    const snapshot = path.join(outside, 'models--a--b', 'snapshots', '0123abc')
    await writeTinyCheckpoint(snapshot)
    const weights = path.join(snapshot, 'model.safetensors')
    const linkTo = async (target: string) => {
      await mkdir(path.dirname(target), { recursive: true })
      await rename(weights, target)
      await symlink(target, weights)
      try {
        await (await openSafetensorsFolder(snapshot)).close()
      } finally {
        await rm(weights)
        await copyFile(target, weights)
      }
    }
    await expectFailure(() => linkTo(path.join(outside, 'elsewhere', 'secret')), 'shard-path-escapes', { file: 'model.safetensors' })
    await expectFailure(() => linkTo(path.join(outside, 'models--a--b', 'blobs2', 'x')), 'shard-path-escapes')
    await linkTo(path.join(snapshot, 'inside', 'x'))
    await linkTo(path.join(outside, 'models--a--b', 'blobs', 'f00d'))
  })

  test('an index that does not agree with its shards', async () => {
    const folder = await twoShards()
    await editIndex(folder, (map) => {
      map['extra.weight'] = FIRST
    })
    await expectFailure(() => openSafetensorsFolder(folder), 'tensor-missing', { tensor: 'extra.weight', shard: FIRST })
    await editIndex(folder, (map) => {
      delete map['extra.weight']
      delete map['model.norm.weight']
    })
    await expectFailure(() => openSafetensorsFolder(folder), 'tensor-unexpected', { tensor: 'model.norm.weight', shard: FIRST })
  })

  test('a tensor in two shards', async () => {
    const folder = await twoShards()
    await copyFile(path.join(folder, FIRST), path.join(folder, 'copy.safetensors'))
    await editIndex(folder, (map) => {
      map['model.norm.weight'] = 'copy.safetensors'
    })
    await expectFailure(() => openSafetensorsFolder(folder), 'tensor-unexpected')
  })

  test('an index that names pickles, numbers, nothing, too many shards, or is not JSON', async () => {
    const folder = await twoShards()
    const file = path.join(folder, INDEX)
    const withIndex = async (text: string, code: Parameters<typeof expectFailure>[1]) => {
      await writeFile(file, text)
      await expectFailure(() => openSafetensorsFolder(folder), code)
    }
    await withIndex('{"weight_map":{"a":"pytorch_model-00001.bin"}}', 'pickle-refused')
    await withIndex('{"weight_map":{"a":7}}', 'header-invalid')
    await withIndex('{"weight_map":{}}', 'header-invalid')
    await withIndex('{"metadata":{}}', 'header-invalid')
    await withIndex('[]', 'header-invalid')
    await withIndex('{"weight_map":{"a":"x","a":"x"}}', 'header-invalid')
    await withIndex(
      JSON.stringify({ weight_map: Object.fromEntries(Array.from({ length: 1001 }, (_, i) => [`t${i}`, `s${i}`])) }),
      'header-invalid',
    )
    await withIndex('{', 'header-invalid')
  })
})
