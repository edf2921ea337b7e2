import { readdir, readFile, symlink } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { openSafetensorsFile } from '../../../src-main/formats/safetensors/file.ts'
import { writeSafetensors } from '../../../src-main/formats/safetensors/writer.ts'
import { expectFailure, failureOf } from '../../fixtures/expected-error.ts'
import { temporaryFolder } from '../../fixtures/temporary-folder.ts'

const tensor = (name: string, bytes: Uint8Array, pieces = 1) =>
  ({
    name,
    dtype: 'BF16',
    shape: [bytes.byteLength / 2],
    chunks: () =>
      Array.from({ length: pieces }, (_, i) => bytes.subarray((i * bytes.byteLength) / pieces, ((i + 1) * bytes.byteLength) / pieces)),
  }) as const

test('pieces follow each other, data starts at a multiple of 8, metadata is kept', async () => {
  const target = path.join(await temporaryFolder(), 'm.safetensors')
  const data = Uint8Array.from({ length: 32 }, (_, i) => i)
  const bytes = await writeSafetensors(target, [tensor('a', data, 4), tensor('b', data)], { format: 'pt' })
  const file = await openSafetensorsFile(target)
  await file.handle.close()
  const [a, b] = file.spans
  const content = await readFile(target)
  expect(content.byteLength).toBe(bytes)
  expect((a?.start ?? 1) % 8).toBe(0)
  expect(content.subarray(a?.start, a?.end).equals(data)).toBe(true)
  expect(content.subarray(b?.start, b?.end).equals(data)).toBe(true)
  expect(content.toString('latin1')).toContain('"__metadata__":{"format":"pt"}')
})

test('a tensor whose pieces do not add up leaves nothing behind', async () => {
  const target = path.join(await temporaryFolder(), 'm.safetensors')
  const short = { ...tensor('a', new Uint8Array(8)), shape: [5] }
  expect(await failureOf(() => writeSafetensors(target, [short]))).toBeInstanceOf(RangeError)
  expect(await readdir(path.dirname(target))).toEqual([])
})

test.skipIf(!existsSync('/dev/full'))('a full disk says so, with the bytes needed', async () => {
  const target = path.join(await temporaryFolder(), 'm.safetensors')
  await symlink('/dev/full', `${target}.partial`)
  await expectFailure(() => writeSafetensors(target, [tensor('a', new Uint8Array(64))]), 'disk-full', { path: target })
})
