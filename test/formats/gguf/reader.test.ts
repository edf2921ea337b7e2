import { open, truncate } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import { gguf } from '../../../src-main/formats/gguf/format.ts'
import { openGguf, readGgufHeader } from '../../../src-main/formats/gguf/reader.ts'
import { layoutGguf } from '../../../src-main/formats/gguf/layout.ts'
import { GgufWriter } from '../../../src-main/formats/gguf/writer.ts'
import { referenceKernels } from '../../../src-main/kernels/reference.ts'
import { seededRandom } from '../../../src-main/tensor/random.ts'
import { expectFailure } from '../../fixtures/expected-error.ts'
import { temporaryFolder } from '../../fixtures/temporary-folder.ts'

const COLUMNS = 256

function randomRows(rows: number): Float32Array {
  const random = seededRandom(4)
  const values = new Float32Array(rows * COLUMNS)
  for (let i = 0; i < values.length; i++) values[i] = random() - 0.5
  return values
}

// 17 million bytes in F32 are more than one piece of reading.
test.each([
  ['F32', 16_600],
  ['Q8_0', 12],
  ['Q4_K', 12],
] as const)('rows are decoded as the kernels decode them, whole and in part: %s, %i rows', async (type, rows) => {
  const file = path.join(await temporaryFolder(), 'x.gguf')
  const data = referenceKernels.encode(type, randomRows(rows), COLUMNS, null)
  const expected = referenceKernels.decode(type, data, COLUMNS)
  await gguf.write(file, [
    { name: 'before', storage: 'F32', shape: [3], data: new Uint8Array(12) },
    { name: 't', storage: type, shape: [rows, COLUMNS], data },
  ])
  const source = await openGguf(file, referenceKernels)
  try {
    const tensor = source.lazy.get('t')
    expect(tensor).toMatchObject({ storage: type, shape: [rows, COLUMNS], bytes: data.byteLength })
    expect(Buffer.compare(Buffer.from((await tensor?.read())?.buffer ?? new ArrayBuffer(0)), Buffer.from(expected.buffer))).toBe(0)
    expect(await tensor?.readRows(rows - 3, 2)).toEqual(expected.slice((rows - 3) * COLUMNS, (rows - 1) * COLUMNS))
    await expect(tensor?.readRows(rows, 1)).rejects.toThrow(RangeError)
    await truncate(file, 300)
    await expectFailure(() => tensor?.read(), 'gguf-invalid', { tensor: 't' })
  } finally {
    await source.close()
  }
})

test('a header of several windows is read', async () => {
  const file = path.join(await temporaryFolder(), 'x.gguf')
  const tokens = Array.from({ length: 30_000 }, (_, i) => `a token of some fifty bytes, so that few of them fill a window, ${i}`)
  const layout = layoutGguf(new Map([['tokenizer.ggml.tokens', { type: 'array', of: 'string', value: tokens }]]), [
    { name: 't', type: 'F32', shape: [1] },
  ])
  const writer = await GgufWriter.create(file, layout)
  await writer.write('t', new Uint8Array(4))
  await writer.finish()
  const handle = await open(file)
  try {
    const { metadata } = await readGgufHeader(handle, layout.fileBytes, file)
    expect(layout.headerBytes.byteLength).toBeGreaterThan(1024 * 1024)
    expect(String(metadata.get('tokenizer.ggml.tokens')?.value)).toBe(String(tokens))
  } finally {
    await handle.close()
  }
})
