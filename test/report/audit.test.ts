import { expect, test } from 'vitest'
import { auditTensor } from '../../src-main/report/audit.ts'
import type { LazyTensor } from '../../src-main/tensor/tensor.ts'

/** A tensor in memory that counts the rows read from it. */
function inMemory(
  name: string,
  storage: LazyTensor['storage'],
  shape: readonly number[],
  data: Float32Array,
): LazyTensor & { rowsRead: number } {
  const columns = shape.at(-1) ?? 1
  return {
    name,
    storage,
    shape,
    bytes: data.byteLength,
    rowsRead: 0,
    read: () => Promise.resolve(data),
    readRows(start, count) {
      this.rowsRead += count
      return Promise.resolve(data.slice(start * columns, (start + count) * columns))
    },
  }
}

const ramp = (length: number, start = 1): Float32Array => Float32Array.from({ length }, (_, i) => start + i)

test('the error is weighted by the importance of the columns', async () => {
  const source = inMemory('w', 'BF16', [2, 2], Float32Array.of(1, 2, 3, 4))
  const written = inMemory('blk.0.w', 'Q4_K', [2, 2], Float32Array.of(1.5, 2, 3, 3))
  const audit = await auditTensor({ layer: 0, role: 'query', sources: [source], written, importance: [Float32Array.of(2, 3)] })
  // lost: 2 * 0.25 + 3 * 1; power: 2 * (1 + 9) + 3 * (4 + 16)
  expect(audit.relativeError).toBeCloseTo(Math.sqrt(3.5 / 80), 12)
  expect(audit).toMatchObject({
    tensor: 'blk.0.w',
    layer: 0,
    role: 'query',
    from: 'BF16',
    to: 'Q4_K',
    weights: 4,
    bytes: 16,
    sampledRows: 1,
  })
})

test('each expert of a stacked tensor is weighted by its own importance', async () => {
  const sources = [inMemory('e0', 'F32', [1, 2], Float32Array.of(1, 1)), inMemory('e1', 'F32', [1, 2], Float32Array.of(1, 1))]
  const written = inMemory('stacked', 'Q2_K', [2, 1, 2], Float32Array.of(0, 1, 1, 0))
  const importance = [Float32Array.of(1, 0), Float32Array.of(1, 0)]
  expect((await auditTensor({ layer: 1, role: 'expertGate', sources, written, importance })).relativeError).toBeCloseTo(
    Math.sqrt(1 / 2),
    12,
  )
})

test('an expert that calibration never reached counts all columns alike', async () => {
  const source = inMemory('w', 'F32', [1, 2], Float32Array.of(1, 1))
  const written = inMemory('w', 'Q2_K', [1, 2], Float32Array.of(1, 0))
  const audit = await auditTensor({ layer: 0, role: 'expertUp', sources: [source], written, importance: [new Float32Array(2)] })
  expect(audit.relativeError).toBeCloseTo(Math.sqrt(1 / 2), 12)
})

test.each([
  [[0, 0], 0],
  [[0, 1], 1],
] as const)('zeros written as %j have the error %d', async (decoded, error) => {
  const source = inMemory('w', 'F32', [2], new Float32Array(2))
  const written = inMemory('w', 'F32', [2], Float32Array.from(decoded))
  expect((await auditTensor({ layer: null, role: 'outputNorm', sources: [source], written, importance: [null] })).relativeError).toBe(error)
})

test('a large tensor is sampled evenly, and the audit says how much of it', async () => {
  const source = inMemory('w', 'F32', [1000, 4], ramp(4000))
  const written = inMemory(
    'w',
    'Q8_0',
    [1000, 4],
    ramp(4000).map((x) => x * 1.01),
  )
  const audit = await auditTensor({ layer: 0, role: 'embedding', sources: [source], written, importance: [null] }, 400)
  expect(written.rowsRead).toBe(96)
  expect(audit.sampledRows).toBeCloseTo(0.096, 12)
  expect(audit.relativeError).toBeCloseTo(0.01, 5)
})
