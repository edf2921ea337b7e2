import { expect, test } from 'vitest'
import { referenceKernels } from '../../src-main/kernels/reference.ts'
import { narrowToF16, widenF16 } from '../../src-main/tensor/convert.ts'
import { GGML_TYPES } from '../../src-main/tensor/ggml-type.ts'
import type { GgmlTypeName } from '../../src-main/tensor/ggml-type.ts'
import { seededRandom } from '../../src-main/tensor/random.ts'
import { openGgml } from '../bench/ggml.ts'

const { ggml, reason } = openGgml()
const types = Object.keys(GGML_TYPES) as GgmlTypeName[]
const skip = ggml === null ? ` (skipped: ${reason})` : ''

/** Float32 bits with every NaN made the same one: which NaN an invalid scale gives is nobody's promise. */
function bits(values: Float32Array): Uint32Array {
  const out = new Uint32Array(values.buffer.slice(0))
  values.forEach((value, i) => {
    if (Number.isNaN(value)) out[i] = 0x7fc00000
  })
  return out
}

test.skipIf(ggml === null).each(types)(`%s decodes any bytes to ggml's very floats${skip}`, (type) => {
  const random = seededRandom(7)
  const { blockBytes, blockWeights } = GGML_TYPES[type]
  const blocks = Math.max(64, Math.ceil(65536 / blockWeights))
  const bytes = Uint8Array.from({ length: blocks * blockBytes }, () => Math.floor(random() * 256))
  const expected = ggml?.decode(type, bytes) ?? new Float32Array()
  const decoded = referenceKernels.decode(type, bytes, blockWeights)
  expect(decoded.length).toBe(blocks * blockWeights)
  expect(Buffer.compare(Buffer.from(bits(decoded).buffer), Buffer.from(bits(expected).buffer))).toBe(0)
})

test.skipIf(ggml === null)(`half precision rounds and widens as ggml's does${skip}`, () => {
  const random = seededRandom(8)
  const words = Uint32Array.from({ length: 200000 }, () => Math.floor(random() * 4294967296))
  // Half of them near the range of halves, where rounding happens.
  for (let i = 0; i < words.length; i += 2) words[i] = ((words[i] ?? 0) & 0x807fffff) | ((100 + Math.floor(random() * 46)) << 23)
  const values = new Float32Array(words.buffer).filter((value) => !Number.isNaN(value))
  expect(Buffer.from(narrowToF16(values).buffer).equals(Buffer.from((ggml?.narrowToF16(values) ?? new Uint16Array()).buffer))).toBe(true)
  const halves = Uint16Array.from({ length: 65536 }, (_, half) => half)
  expect(
    Buffer.compare(Buffer.from(bits(widenF16(halves)).buffer), Buffer.from(bits(ggml?.widenF16(halves) ?? new Float32Array()).buffer)),
  ).toBe(0)
})
