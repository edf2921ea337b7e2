import fc from 'fast-check'
import { truncate, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import type { GgufValue } from '../../../src-main/architectures/architecture.ts'
import { ExpectedError } from '../../../src-main/contract/errors.ts'
import { WindowTooSmall } from '../../../src-main/formats/gguf/byte-cursor.ts'
import { parseGgufHeader } from '../../../src-main/formats/gguf/header.ts'
import { layoutGguf } from '../../../src-main/formats/gguf/layout.ts'
import { openGguf } from '../../../src-main/formats/gguf/reader.ts'
import { referenceKernels } from '../../../src-main/kernels/reference.ts'
import { expectFailure, expectReason } from '../../fixtures/expected-error.ts'
import { temporaryFolder } from '../../fixtures/temporary-folder.ts'
import { key, rawGguf } from './hostile-file.ts'

const read = (file: Uint8Array) => parseGgufHeader(file, file.byteLength)
const alignment = (value: number) => key('general.alignment', 4, (sink) => sink.u32(value))

const EVERY_VALUE = new Map<string, GgufValue>([
  ['u8', { type: 'u8', value: 255 }],
  ['i8', { type: 'i8', value: -128 }],
  ['u16', { type: 'u16', value: 65535 }],
  ['i16', { type: 'i16', value: -32768 }],
  ['u32', { type: 'u32', value: 2 ** 32 - 1 }],
  ['i32', { type: 'i32', value: -(2 ** 31) }],
  ['u64', { type: 'u64', value: Number.MAX_SAFE_INTEGER }],
  ['i64', { type: 'i64', value: Number.MIN_SAFE_INTEGER }],
  ['f32', { type: 'f32', value: Math.fround(1e-6) }],
  ['f64', { type: 'f64', value: 1e-300 }],
  ['yes', { type: 'bool', value: true }],
  ['no', { type: 'bool', value: false }],
  ['text', { type: 'string', value: 'näïve 🦙 \ufeff' }],
  ['nothing', { type: 'string', value: '' }],
  ['words', { type: 'array', of: 'string', value: ['a', '', '日本'] }],
  ['flags', { type: 'array', of: 'bool', value: [true, false] }],
  ['ids', { type: 'array', of: 'i32', value: Int32Array.of(-1, 0, 1) }],
  ['scores', { type: 'array', of: 'f32', value: Float32Array.of(0.5, -0.25) }],
  ['none', { type: 'array', of: 'u64', value: new Float64Array() }],
])

test('every kind of value survives, and encoding what was read gives the same bytes', () => {
  const specs = [
    { name: 'matrix', type: 'Q4_K', shape: [3, 512] },
    { name: 'stack', type: 'F16', shape: [2, 3, 5] },
    { name: 'vector', type: 'F32', shape: [7] },
  ] as const
  const { headerBytes, tensors, fileBytes } = layoutGguf(EVERY_VALUE, specs)
  const header = parseGgufHeader(headerBytes, fileBytes)
  expect(header.metadata).toEqual(EVERY_VALUE)
  expect(header.tensors).toEqual(tensors)
  expect(header.headerBytes).toBe(headerBytes.byteLength)
  expect(Buffer.compare(layoutGguf(header.metadata, header.tensors).headerBytes, headerBytes)).toBe(0)
})

test('a file may end with its last tensor or with the padding after it', () => {
  for (const dataBytes of [16, 31, 32]) expect(read(rawGguf({ dataBytes })).tensors.length).toBe(1)
})

const REFUSED: readonly (readonly [string, Uint8Array, RegExp])[] = [
  ['empty', new Uint8Array(0), /ends before/],
  ['another format', rawGguf({ magic: 'PK\u0003\u0004' }), /does not begin with GGUF/],
  ['version 1', rawGguf({ version: 1 }), /version 1/],
  ['version 2', rawGguf({ version: 2 }), /version 2/],
  ['version 4', rawGguf({ version: 4 }), /version 4/],
  ['big-endian', rawGguf({ version: 3 << 24 }), /big-endian/],
  ['2^40 tensors', rawGguf({ tensorCount: 2 ** 40 }), /tensor_count/],
  ['more tensors than the file can hold', rawGguf({ tensorCount: 60_000 }), /ends before/],
  ['2^53 keys', rawGguf({ keyCount: 2 ** 53 - 1 }), /metadata_kv_count/],
  ['more keys than the file can hold', rawGguf({ keyCount: 60_000 }), /ends before/],
  ['a key of 2^40 bytes', rawGguf({ keys: [(sink) => sink.u64(2 ** 40)] }), /key/],
  ['an empty key', rawGguf({ keys: [key('', 7, (sink) => sink.u8(1))] }), /empty/],
  ['a key twice', rawGguf({ keys: [key('k', 0, (sink) => sink.u8(1)), key('k', 0, (sink) => sink.u8(1))] }), /twice/],
  ['an unknown value type', rawGguf({ keys: [key('k', 13, () => {})] }), /unknown type 13/],
  ['a negative value type', rawGguf({ keys: [key('k', -1, () => {})] }), /unknown type/],
  ['a bool of 2', rawGguf({ keys: [key('k', 7, (sink) => sink.u8(2))] }), /bool/],
  ['a string longer than the file', rawGguf({ keys: [key('k', 8, (sink) => sink.u64(10_000))] }), /ends before/],
  ['a string of 2^50 bytes', rawGguf({ keys: [key('k', 8, (sink) => sink.u64(2 ** 50))] }), /more than/],
  [
    'a string that is not UTF-8',
    rawGguf({
      keys: [
        key('k', 8, (sink) => {
          sink.u64(1)
          sink.u8(0xff)
        }),
      ],
    }),
    /UTF-8/,
  ],
  ['a string with a NUL', rawGguf({ keys: [key('k', 8, (sink) => sink.string('a\0b'))] }), /NUL/],
  [
    'an array of arrays',
    rawGguf({
      keys: [
        key('k', 9, (sink) => {
          sink.i32(9)
          sink.u64(1)
        }),
      ],
    }),
    /array of arrays/,
  ],
  [
    'an array of 2^30',
    rawGguf({
      keys: [
        key('k', 9, (sink) => {
          sink.i32(0)
          sink.u64(2 ** 30)
        }),
      ],
    }),
    /more than/,
  ],
  [
    'more words than any vocabulary has',
    rawGguf({
      keys: [
        key('k', 9, (sink) => {
          sink.i32(8)
          sink.u64(4_000_001)
        }),
      ],
    }),
    /more than/,
  ],
  [
    'arrays that together have more elements than any header',
    rawGguf({
      keys: ['a', 'b', 'c'].map((name) =>
        key(name, 9, (sink) => {
          sink.i32(0)
          sink.u64(4_000_000)
          sink.raw(new Uint8Array(4_000_000))
        }),
      ),
    }),
    /together/,
  ],
  [
    'an array longer than the file',
    rawGguf({
      keys: [
        key('k', 9, (sink) => {
          sink.i32(8)
          sink.u64(1_000_000)
        }),
      ],
    }),
    /ends before/,
  ],
  [
    'a number beyond 2^53',
    rawGguf({
      keys: [
        key('k', 10, (sink) => {
          sink.u32(1)
          sink.u32(2 ** 31)
        }),
      ],
    }),
    /beyond/,
  ],
  ['alignment 3', rawGguf({ keys: [alignment(3)] }), /alignment/],
  ['alignment 0', rawGguf({ keys: [alignment(0)] }), /alignment/],
  ['alignment 4', rawGguf({ keys: [alignment(4)] }), /alignment/],
  ['alignment 2^30', rawGguf({ keys: [alignment(2 ** 30)] }), /alignment/],
  ['alignment as text', rawGguf({ keys: [key('general.alignment', 8, (sink) => sink.string('32'))] }), /alignment/],
  ['no name', rawGguf({ tensors: [{ name: '' }] }), /no name/],
  ['a name of 64 bytes', rawGguf({ tensors: [{ name: 'n'.repeat(64) }] }), /more than 63/],
  ['a name twice', rawGguf({ tensors: [{}, { offset: 32 }], dataBytes: 64 }), /twice/],
  ['no dimensions', rawGguf({ tensors: [{ sizes: [] }] }), /0 dimensions/],
  ['5 dimensions', rawGguf({ tensors: [{ sizes: [4, 1, 1, 1, 1] }] }), /5 dimensions/],
  ['64 dimensions', rawGguf({ tensors: [{ dimensions: 64 }] }), /64 dimensions/],
  ['a size of 0', rawGguf({ tensors: [{ sizes: [4, 0] }] }), /sizes/],
  ['a negative size', rawGguf({ tensors: [{ sizes: [-4] }] }), /sizes/],
  ['sizes whose product wraps in 64 bits', rawGguf({ tensors: [{ sizes: [2 ** 42 + 1, 2 ** 42 + 1] }] }), /sizes/],
  ['type 9999', rawGguf({ tensors: [{ type: 9999 }] }), /type 9999/],
  ['a type that was removed', rawGguf({ tensors: [{ type: 4 }] }), /type 4/],
  ['a row that is not whole blocks', rawGguf({ tensors: [{ type: 12, sizes: [4] }] }), /whole Q4_K blocks/],
  ['a misaligned offset', rawGguf({ tensors: [{}, { name: 'b', offset: 16 }], dataBytes: 64 }), /aligned/],
  ['tensors that overlap', rawGguf({ tensors: [{ sizes: [16] }, { name: 'b', offset: 32 }], dataBytes: 96 }), /overlaps/],
  ['tensors in one place', rawGguf({ tensors: [{}, { name: 'b', offset: 0 }], dataBytes: 64 }), /overlaps/],
  ['tensors out of order', rawGguf({ tensors: [{ offset: 32 }, { name: 'b', offset: 0 }], dataBytes: 64 }), /unused bytes before/],
  ['unused bytes between tensors', rawGguf({ tensors: [{}, { name: 'b', offset: 64 }], dataBytes: 96 }), /unused bytes before/],
  ['an offset beyond the file', rawGguf({ tensors: [{ offset: 2 ** 40 }] }), /unused bytes before/],
  ['a tensor longer than the file', rawGguf({ tensors: [{ sizes: [2 ** 40] }] }), /its tensors end/],
  ['data one byte short', rawGguf({ dataBytes: 15 }), /its tensors end/],
  ['bytes after the last tensor', rawGguf({ dataBytes: 33 }), /unused bytes after/],
]

test.each(REFUSED)('refuses %s', async (_, file, reason) => {
  await expectReason(() => read(file), 'gguf-invalid', reason)
})

test('the same from files, each closed again', async () => {
  const file = path.join(await temporaryFolder(), 'x.gguf')
  for (const [, content, reason] of REFUSED) {
    await writeFile(file, content)
    await expectReason(() => openGguf(file, referenceKernels), 'gguf-invalid', reason)
  }
})

test('a sparse file of a terabyte costs nothing', async () => {
  const file = path.join(await temporaryFolder(), 'x.gguf')
  await writeFile(file, rawGguf({ tensors: [{ sizes: [2 ** 20] }] }))
  await truncate(file, 2 ** 40)
  await expectReason(() => openGguf(file, referenceKernels), 'gguf-invalid', /unused/)
})

test('a file that is not there, and a folder', async () => {
  const folder = await temporaryFolder()
  await expectFailure(() => openGguf(path.join(folder, 'none.gguf'), referenceKernels), 'gguf-invalid')
  await expectFailure(() => openGguf(folder, referenceKernels), 'gguf-invalid')
})

test('whatever the bytes, the answer is a header or an ExpectedError', () => {
  const honest = rawGguf({
    keys: [
      key('k', 8, (sink) => sink.string('v')),
      key('n', 9, (sink) => {
        sink.i32(4)
        sink.u64(1)
        sink.u32(7)
      }),
    ],
  })
  const change = fc.tuple(fc.nat(honest.byteLength - 1), fc.integer({ min: 0, max: 255 }))
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 6 }), fc.nat(honest.byteLength), (changes, keep) => {
      const damaged = honest.slice(0, keep < 24 ? undefined : keep)
      for (const [at, value] of changes) if (at < damaged.byteLength) damaged[at] = value
      try {
        read(damaged)
      } catch (error) {
        if (!(error instanceof ExpectedError)) throw error
      }
    }),
    { numRuns: 3000, seed: 12 },
  )
})

test('a window that ends inside the header asks for more, at every byte', () => {
  const file = rawGguf({ keys: [key('k', 8, (sink) => sink.string('value'))] })
  const { headerBytes } = read(file)
  const infoEnd = headerBytes - 32
  for (let length = 0; length < infoEnd; length++) {
    expect(() => parseGgufHeader(file.subarray(0, length), file.byteLength)).toThrow(WindowTooSmall)
  }
})
