import fc from 'fast-check'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import type { ErrorCode } from '../../../src-main/contract/errors.ts'
import { ExpectedError } from '../../../src-main/contract/errors.ts'
import { openSafetensorsFile } from '../../../src-main/formats/safetensors/file.ts'
import { headerLength, parseHeader } from '../../../src-main/formats/safetensors/header.ts'
import { expectFailure } from '../../fixtures/expected-error.ts'
import { temporaryFolder } from '../../fixtures/temporary-folder.ts'
import { assemble, f32 } from './hostile-header.ts'

/** Reads the header as the reader does, without a file. */
function read(file: Uint8Array) {
  const length = headerLength(file.subarray(0, 9), file.byteLength, 'x')
  return parseHeader(file.subarray(8, 8 + length), file.byteLength, 'x')
}

const bytes = (...values: number[]) => Uint8Array.from([...values, ...new Array<number>(32).fill(0x71)])

test('reads an honest header, tensors in the order of their bytes', () => {
  const header = {
    __metadata__: { format: 'pt' },
    b: f32(8, 12),
    a: { dtype: 'BF16', shape: [2, 2], data_offsets: [0, 8] },
    __proto__2: f32(12, 16, []),
  }
  const file = assemble({ header, dataBytes: 16 })
  const start = file.byteLength - 16
  expect(read(file)).toEqual([
    { name: 'a', dtype: 'BF16', shape: [2, 2], start, end: start + 8 },
    { name: 'b', dtype: 'F32', shape: [1], start: start + 8, end: start + 12 },
    { name: '__proto__2', dtype: 'F32', shape: [], start: start + 12, end: start + 16 },
  ])
})

test('a tensor may be called __proto__ and changes nothing', () => {
  const spans = read(assemble({ header: '{"__proto__":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}', dataBytes: 4 }))
  expect(spans.map(({ name }) => name)).toEqual(['__proto__'])
  expect(({} as { dtype?: unknown }).dtype).toBeUndefined()
})

const REFUSED: readonly (readonly [string, Uint8Array, ErrorCode])[] = [
  ['empty file', new Uint8Array(0), 'shard-truncated'],
  ['nine bytes', new Uint8Array(9), 'shard-truncated'],
  ['a header of 2^63 bytes', assemble({ header: {}, dataBytes: 0, claims: 2n ** 63n }), 'header-too-long'],
  ['a header of 2^64 - 1 bytes', assemble({ header: {}, dataBytes: 0, claims: 2n ** 64n - 1n }), 'header-too-long'],
  ['a header one byte longer than the file', assemble({ header: {}, dataBytes: 0, claims: 3n }), 'header-too-long'],
  ['a bare pickle under another name', bytes(0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46), 'pickle-refused'],
  ['a zipped pickle under another name', bytes(0x50, 0x4b, 0x03, 0x04, 0, 0, 8, 8), 'pickle-refused'],
  ['a zipped pickle whose length looks right', bytes(0x50, 0x4b, 0x03, 0x04, 0, 0, 0, 0), 'pickle-refused'],
  ['a GGUF file under another name', bytes(0x47, 0x47, 0x55, 0x46, 3, 0, 0, 0), 'header-invalid'],
  ['a header that does not start with {', assemble({ header: ' {}', dataBytes: 0 }), 'header-invalid'],
  ['not JSON', assemble({ header: '{"a":}', dataBytes: 0 }), 'header-invalid'],
  ['a string that does not end', assemble({ header: '{"a', dataBytes: 0 }), 'header-invalid'],
  ['invalid UTF-8', assemble({ header: Uint8Array.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), dataBytes: 0 }), 'header-invalid'],
  ['JSON 100 000 deep', assemble({ header: `{"a":${'['.repeat(100_000)}`, dataBytes: 0 }), 'header-invalid'],
  [
    'a key twice',
    assemble({
      header: '{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}',
      dataBytes: 4,
    }),
    'header-invalid',
  ],
  ['a key twice, once escaped', assemble({ header: String.raw`{"a":1,"\u0061":1}`, dataBytes: 0 }), 'header-invalid'],
  [
    'more metadata than any writer keeps',
    assemble({ header: { __metadata__: Object.fromEntries(Array.from({ length: 4097 }, (_, at) => [at, ''])) }, dataBytes: 0 }),
    'header-invalid',
  ],
  [
    'more values than any model has tensors for',
    assemble({ header: `{"a":[${'[],'.repeat(6_500_000)}[]]}`, dataBytes: 0 }),
    'header-invalid',
  ],
  ['an entry that is no object', assemble({ header: { a: 7 }, dataBytes: 0 }), 'header-invalid'],
  ['an entry without offsets', assemble({ header: { a: { dtype: 'F32', shape: [1] } }, dataBytes: 4 }), 'header-invalid'],
  ['three offsets', assemble({ header: { a: { dtype: 'F32', shape: [1], data_offsets: [0, 4, 4] } }, dataBytes: 4 }), 'header-invalid'],
  ['offsets as text', assemble({ header: { a: { dtype: 'F32', shape: [1], data_offsets: ['0', '4'] } }, dataBytes: 4 }), 'header-invalid'],
  ['a negative offset', assemble({ header: { a: f32(-4, 0, [1]) }, dataBytes: 4 }), 'header-invalid'],
  [
    'an unknown dtype',
    assemble({ header: { a: { dtype: 'F8_E4M3', shape: [4], data_offsets: [0, 4] } }, dataBytes: 4 }),
    'dtype-unsupported',
  ],
  [
    'a dtype from the prototype',
    assemble({ header: { a: { dtype: 'toString', shape: [4], data_offsets: [0, 4] } }, dataBytes: 4 }),
    'dtype-unsupported',
  ],
  ['a size that is not whole', assemble({ header: { a: f32(0, 4, [0.5]) }, dataBytes: 4 }), 'header-invalid'],
  ['a size that is null (NaN)', assemble({ header: { a: f32(0, 4, [NaN]) }, dataBytes: 4 }), 'header-invalid'],
  ['a negative size', assemble({ header: { a: f32(0, 4, [-1]) }, dataBytes: 4 }), 'header-invalid'],
  ['a size of zero', assemble({ header: { a: f32(0, 0, [0]) }, dataBytes: 0 }), 'header-invalid'],
  ['nine dimensions', assemble({ header: { a: f32(0, 4, [1, 1, 1, 1, 1, 1, 1, 1, 1]) }, dataBytes: 4 }), 'header-invalid'],
  [
    'sizes whose product wraps to the right number in 64 bits',
    assemble({ header: { a: f32(0, 4, [2 ** 32, 2 ** 32, 1]) }, dataBytes: 4 }),
    'tensor-shape',
  ],
  ['a shape larger than the span', assemble({ header: { a: f32(0, 4, [2]) }, dataBytes: 4 }), 'tensor-shape'],
  ['offsets that run backwards', assemble({ header: { a: f32(4, 0, [1]) }, dataBytes: 4 }), 'tensor-shape'],
  ['two tensors that overlap', assemble({ header: { a: f32(0, 8), b: f32(4, 12) }, dataBytes: 12 }), 'tensor-overlap'],
  ['two tensors in one place', assemble({ header: { a: f32(0, 4), b: f32(0, 4) }, dataBytes: 4 }), 'tensor-overlap'],
  ['unused bytes before a tensor', assemble({ header: { a: f32(0, 4), b: f32(8, 12) }, dataBytes: 12 }), 'header-invalid'],
  ['unused bytes at the end', assemble({ header: { a: f32(0, 4) }, dataBytes: 5 }), 'header-invalid'],
  ['a tensor far behind the end', assemble({ header: { a: f32(2 ** 40, 2 ** 40 + 4) }, dataBytes: 4 }), 'tensor-out-of-bounds'],
  ['data cut short', assemble({ header: { a: f32(0, 4), b: f32(4, 8) }, dataBytes: 7 }), 'shard-truncated'],
]

test.each(REFUSED)('refuses %s', async (_, file, code) => {
  await expectFailure(() => read(file), code)
})

test('the same from a file, which is closed again', async () => {
  const file = path.join(await temporaryFolder(), 'x.safetensors')
  for (const [, content, code] of REFUSED) {
    await writeFile(file, content)
    await expectFailure(() => openSafetensorsFile(file), code, { path: file })
  }
})

test('a file that cannot be opened counts as missing', async () => {
  const file = path.join(await temporaryFolder(), 'none.safetensors')
  await expectFailure(() => openSafetensorsFile(file), 'shard-missing', { path: file })
})

test('whatever the bytes, the answer is a header or an ExpectedError', () => {
  const honest = assemble({ header: { __metadata__: { format: 'pt' }, a: f32(0, 8), b: f32(8, 12) }, dataBytes: 12 })
  const change = fc.tuple(fc.nat(honest.byteLength - 1), fc.integer({ min: 0, max: 255 }))
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 6 }), (changes) => {
      const damaged = honest.slice()
      for (const [at, value] of changes) damaged[at] = value
      try {
        read(damaged)
      } catch (error) {
        if (!(error instanceof ExpectedError)) throw error
      }
    }),
    { numRuns: 2000, seed: 11 },
  )
})
