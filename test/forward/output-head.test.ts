import { afterAll, describe, expect, test } from 'vitest'
import { openCompute } from '../../src-main/compute/session.ts'
import { embed } from '../../src-main/forward/hidden.ts'
import { openOutputHead } from '../../src-main/forward/output-head.ts'
import { memoryTensor, randomModel, randomWindows, TINY_SHAPE } from './tiny-model.ts'

const compute = openCompute({ device: 'cpu', threads: 1 })
afterAll(() => compute.close())
const model = randomModel()
const hidden = await embed(model, randomWindows(50, [20, 11]))

/** Logits of tokens [start, start + count) with the matrix held in pieces of `pieceBytes`. */
async function logits(start: number, count: number, pieceBytes?: number): Promise<Float32Array> {
  const head = await openOutputHead(compute, model, pieceBytes)
  try {
    return await head.logits(hidden, start, count)
  } finally {
    head.close()
  }
}

describe('the output head', () => {
  test('equals the definition: the normalized stream times the output matrix', async () => {
    const [norm, matrix, size] = [await model.outputNorm.read(), await model.output.read(), hidden.size]
    const found = await logits(7, 2)
    for (let token = 0; token < 2; token++) {
      const x = Float64Array.from(hidden.data.subarray((7 + token) * size, (8 + token) * size))
      const scale = 1 / Math.sqrt(x.reduce((sum, value) => sum + value * value, 0) / size + model.shape.normEpsilon)
      for (let id = 0; id < 50; id++) {
        const wanted = x.reduce((sum, value, i) => sum + value * scale * (norm[i] as number) * (matrix[id * size + i] as number), 0)
        expect(found[token * 50 + id]).toBeCloseTo(wanted, 4)
      }
    }
  })

  test.each([1, 7, 49])('gives the same logits when held in pieces of %i rows', async (rows) => {
    const [whole, pieces] = [await logits(0, 31), await logits(0, 31, rows * 4 * hidden.size)]
    expect(pieces.length).toBe(31 * 50)
    whole.forEach((value, i) => expect(pieces[i]).toBeCloseTo(value, 4))
  })

  test.each([undefined, 7 * 4 * hidden.size])('gives the cross entropy its own logits define (piece bytes %s)', async (pieceBytes) => {
    const head = await openOutputHead(compute, model, pieceBytes)
    const own = await logits(3, 2)
    const probability = (id: number): number => (id === 5 ? 0.75 : id === 49 ? 0.25 : 0)
    let first = 0
    const probabilities = head.pieceRows.map((rows) => {
      const piece = Float32Array.from({ length: 2 * rows }, (_, i) => probability(first + (i % rows)))
      first += rows
      return piece
    })
    const found = await head.crossEntropies(hidden, 3, 2, probabilities)
    head.close()
    for (let token = 0; token < 2; token++) {
      const row = own.subarray(token * 50, (token + 1) * 50)
      const normalizer = Math.log(row.reduce((sum, value) => sum + Math.exp(value), 0))
      const wanted = normalizer - 0.75 * (row[5] as number) - 0.25 * (row[49] as number)
      expect(found[token]).toBeCloseTo(wanted, 4)
    }
  })

  test('never reads the output matrix whole', async () => {
    const output = { ...memoryTensor('output', [50, 32], await model.output.read()), read: () => Promise.reject(new Error('read whole')) }
    const head = await openOutputHead(compute, { ...model, output }, 1000)
    head.close()
  })

  test('frees what it has uploaded when a later piece cannot be read', async () => {
    const output = {
      ...model.output,
      readRows: (start: number, count: number) =>
        start > 0 ? Promise.reject(new Error('disk gone')) : model.output.readRows(start, count),
    }
    await expect(openOutputHead(compute, { ...model, output }, 1000)).rejects.toThrow('disk gone')
  })

  test('suggests batches that keep the logits within 64 MB', async () => {
    const large = {
      ...model,
      shape: { ...TINY_SHAPE, vocabulary: 150_000 },
      output: memoryTensor('output', [150_000, 32], new Float32Array(150_000 * 32)),
    }
    const head = await openOutputHead(compute, large)
    expect(head.tokensAtOnce * 150_000 * 4).toBeLessThanOrEqual(64 << 20)
    expect(head.tokensAtOnce).toBeGreaterThan(100)
    head.close()
  })
})
