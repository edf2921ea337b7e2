import { readdir, readFile, truncate, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { ExpectedError } from '../../src-main/contract/errors.ts'
import { FORMAT_ENTRIES } from '../../src-main/formats/index.ts'
import type { Format, ListedTensor } from '../../src-main/formats/format.ts'
import { BYTES_PER_ELEMENT } from '../../src-main/tensor/dtype.ts'
import { GGML_TYPES } from '../../src-main/tensor/ggml-type.ts'
import { seededRandom } from '../../src-main/tensor/random.ts'
import { expectFailure, failureOf } from '../fixtures/expected-error.ts'
import { temporaryFolder } from '../fixtures/temporary-folder.ts'

/** One tensor of every storage the format has, with random bytes, in odd sizes so that padding matters. */
function tensorsFor(format: Format): ListedTensor[] {
  const random = seededRandom(5)
  return format.storages.map((storage, i) => {
    const block = Object.hasOwn(GGML_TYPES, storage) ? GGML_TYPES[storage] : { blockWeights: 1, blockBytes: BYTES_PER_ELEMENT.F32 }
    const shape = [2 + (i % 3), 3 * block.blockWeights]
    const bytes = (shape[0] ?? 0) * 3 * block.blockBytes
    return { name: `tensor.${i}.weight`, storage, shape, data: Uint8Array.from({ length: bytes }, () => Math.floor(random() * 256)) }
  })
}

describe.each(FORMAT_ENTRIES)('$id', (format) => {
  const file = async () => path.join(await temporaryFolder(), `weights${format.extension}`)

  test('what was written is read: names, storages, shapes and bytes, and nothing temporary is left', async () => {
    const target = await file()
    const tensors = tensorsFor(format)
    const written = await format.write(target, tensors)
    const bytes = await readFile(target)
    expect(bytes.byteLength).toBe(written)
    const spans = await format.locate(target)
    expect(spans.length).toBe(tensors.length)
    for (const tensor of tensors) {
      const span = spans.find(({ name }) => name === tensor.name)
      expect(span).toMatchObject({ storage: tensor.storage, shape: tensor.shape })
      expect(bytes.subarray(span?.start, span?.end).equals(tensor.data)).toBe(true)
    }
    expect(await readdir(path.dirname(target))).toEqual([path.basename(target)])
  })

  test('the same tensors give the same file', async () => {
    const [first, second] = [await file(), await file()]
    await format.write(first, tensorsFor(format))
    await format.write(second, tensorsFor(format))
    expect((await readFile(first)).equals(await readFile(second))).toBe(true)
  })

  test('a file cut off before its last tensor ends is refused, wherever it is cut', async () => {
    const target = await file()
    await format.write(target, tensorsFor(format))
    const end = Math.max(...(await format.locate(target)).map((span) => span.end))
    for (const keep of [end - 1, Math.floor(end / 2), 1000, 100, 33, 24, 12, 8, 7, 3, 0]) {
      await truncate(target, keep)
      expect(await failureOf(() => format.locate(target))).toBeInstanceOf(ExpectedError)
    }
  })

  test('bytes after the last tensor are refused', async () => {
    const target = await file()
    await format.write(target, tensorsFor(format))
    await writeFile(target, new Uint8Array(4096), { flag: 'a' })
    expect(await failureOf(() => format.locate(target))).toBeInstanceOf(ExpectedError)
  })

  test('a tensor that appears twice is not written', async () => {
    const [tensor] = tensorsFor(format)
    if (tensor === undefined) throw new Error('a format must store something')
    const target = await file()
    expect(await failureOf(() => format.write(target, [tensor, tensor]))).toBeInstanceOf(RangeError)
    expect(await readdir(path.dirname(target))).toEqual([])
  })

  test('a folder that is not there is not writable', async () => {
    const target = path.join(await temporaryFolder(), 'missing', `weights${format.extension}`)
    await expectFailure(() => format.write(target, tensorsFor(format)), 'output-not-writable', { path: target })
  })
})
