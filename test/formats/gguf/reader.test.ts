import { open, truncate } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import { gguf } from '../../../src-main/formats/gguf/format.ts'
import { openGguf, readGgufHeader } from '../../../src-main/formats/gguf/reader.ts'
import { layoutGguf } from '../../../src-main/formats/gguf/layout.ts'
import { GgufWriter } from '../../../src-main/formats/gguf/writer.ts'
import { referenceKernels } from '../../../src-main/kernels/reference.ts'
import { normalFrom, seededRandom } from '../../../src-main/tensor/random.ts'
import { expectFailure } from '../../fixtures/expected-error.ts'
import { temporaryFolder } from '../../fixtures/temporary-folder.ts'

/** 17 million bytes in F32: more than one piece of reading. */
const ROWS = 16_600
const COLUMNS = 256

function randomRows(): Float32Array {
  const normal = normalFrom(seededRandom(4))
  return Float32Array.from({ length: ROWS * COLUMNS }, normal)
}

test.each(['F32', 'Q8_0'] as const)('rows are decoded as the kernels decode them, whole and in part: %s', async (type) => {
  const file = path.join(await temporaryFolder(), 'x.gguf')
  const data = referenceKernels.encode(type, randomRows(), COLUMNS, null)
  const expected = referenceKernels.decode(type, data, COLUMNS)
  await gguf.write(file, [{ name: 'before', storage: 'F32', shape: [3], data: new Uint8Array(12) }, { name: 't', storage: type, shape: [ROWS, COLUMNS], data }])
  const source = await openGguf(file, referenceKernels)
  try {
    const tensor = source.lazy.get('t')
    expect(tensor).toMatchObject({ storage: type, shape: [ROWS, COLUMNS], bytes: data.byteLength })
    expect(Buffer.compare(Buffer.from((await tensor?.read())?.buffer ?? new ArrayBuffer(0)), Buffer.from(expected.buffer))).toBe(0)
    expect(await tensor?.readRows(16_500, 2)).toEqual(expected.slice(16_500 * COLUMNS, 16_502 * COLUMNS))
    await expect(tensor?.readRows(ROWS, 1)).rejects.toThrow(RangeError)
    await truncate(file, 1000)
    await expectFailure(() => tensor?.read(), 'gguf-invalid', { tensor: 't' })
  } finally {
    await source.close()
  }
})

test('a header of several windows is read', async () => {
  const file = path.join(await temporaryFolder(), 'x.gguf')
  const tokens = Array.from({ length: 250_000 }, (_, i) => `token number ${i}`)
  const layout = layoutGguf(new Map([['tokenizer.ggml.tokens', { type: 'array', of: 'string', value: tokens }]]), [{ name: 't', type: 'F32', shape: [1] }])
  const writer = await GgufWriter.create(file, layout)
  await writer.write('t', new Uint8Array(4))
  await writer.finish()
  const handle = await open(file)
  try {
    const { metadata } = await readGgufHeader(handle, layout.fileBytes, file)
    expect(metadata.get('tokenizer.ggml.tokens')?.value).toEqual(tokens)
  } finally {
    await handle.close()
  }
})
