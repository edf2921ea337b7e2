import { tensorOf } from '../../src-main/model/moe-model.ts'
import { afterAll, describe, expect, test } from 'vitest'
import type { ModelShape } from '../../src-main/architectures/architecture.ts'
import { attentionTiles } from '../../src-main/forward/attention.ts'
import { openForward } from '../../src-main/forward/forward.ts'
import { cloneHidden, tokenCount } from '../../src-main/forward/hidden.ts'
import { windowRuns } from '../../src-main/forward/run-attention.ts'
import type { MoeModel } from '../../src-main/model/moe-model.ts'
import { allLayers, allLogits } from './pass.ts'
import { referenceLayer } from './reference-layer.ts'
import { memoryTensor, randomModel, randomWindows, TINY_SHAPE } from './tiny-model.ts'

const forward = openForward({ device: 'cpu', threads: 2 })
afterAll(() => forward.close())

/** Largest difference from the reference after one layer, against the reference's largest number. */
async function distanceFromReference(shape: ModelShape, lengths: readonly number[]): Promise<number> {
  const model = randomModel(shape)
  const hidden = await forward.embed(model, randomWindows(shape.vocabulary, lengths))
  const stream = Array.from({ length: tokenCount(hidden) }, (_, t) =>
    Float64Array.from(hidden.data.subarray(t * hidden.size, (t + 1) * hidden.size)),
  )
  const [layer] = model.layers
  if (layer === undefined) throw new Error('the model has no layer')
  const { after } = await referenceLayer(shape, layer, stream, lengths)
  await forward.runLayer(model, 0, hidden)
  const flat = after.flatMap((x) => [...x])
  const scale = flat.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
  return flat.reduce((most, value, i) => Math.max(most, Math.abs(value - (hidden.data[i] as number))), 0) / scale
}

describe('one layer', () => {
  test.each([
    ['a single token', [1]],
    ['windows of several lengths, one empty', [5, 5, 0, 17, 3]],
    ['windows longer than a tile, not a multiple of it', [300, 129]],
  ])('equals the float64 reference on %s', async (_, lengths) => {
    expect(await distanceFromReference(TINY_SHAPE, lengths)).toBeLessThan(3e-6)
  })

  test.each([
    ['gates left as probabilities', { normalizeGates: false }],
    ['as many key/value heads as heads', { kvHeads: 4 }],
    ['one expert per token', { expertsPerToken: 1 }],
    ['another rotary base and a coarse epsilon', { ropeBase: 1e6, normEpsilon: 1e-2 }],
  ])('equals the float64 reference with %s', async (_, change) => {
    expect(await distanceFromReference({ ...TINY_SHAPE, ...change }, [40, 23])).toBeLessThan(3e-6)
  })

  test('gives an expert more tokens than fit one run, piece by piece', async () => {
    const model = randomModel({ ...TINY_SHAPE, layers: 1, experts: 2, hidden: 8, heads: 2, kvHeads: 1, headSize: 4, expertWidth: 8 })
    const windows = randomWindows(50, new Array<number>(110).fill(45))
    const half = 55 * 45 * 8
    const together = await allLayers(forward, model, windows)
    const apart = [await allLayers(forward, model, windows.slice(0, 55)), await allLayers(forward, model, windows.slice(55))]
    for (const [index, part] of apart.entries()) {
      const found = together.data.subarray(index * half, (index + 1) * half)
      expect(part.data.reduce((most, value, i) => Math.max(most, Math.abs(value - (found[i] as number))), 0)).toBeLessThan(1e-5)
    }
  })

  test('gives the same bytes again', async () => {
    const model = randomModel()
    const windows = randomWindows(model.shape.vocabulary, [60, 60])
    expect(await allLogits(forward, model, windows)).toEqual(await allLogits(forward, model, windows))
  })

  test('never remembers weights: a replaced tensor counts, whatever its name', async () => {
    const model = randomModel()
    const windows = randomWindows(model.shape.vocabulary, [30])
    const before = await allLogits(forward, model, windows)
    const [first, ...others] = model.layers
    if (first === undefined) throw new Error('the model has no layer')
    const query = memoryTensor(
      tensorOf(first, 'query').name,
      tensorOf(first, 'query').shape,
      (await tensorOf(first, 'query').read()).map((value) => value / 2),
    )
    const changed: MoeModel = { ...model, layers: [{ ...first, tensors: { ...first.tensors, query } }, ...others] }
    expect(await allLogits(forward, changed, windows)).not.toEqual(before)
    expect(await allLogits(forward, model, windows)).toEqual(before)
  })

  test('leaves a clone alone', async () => {
    const model = randomModel()
    const hidden = await forward.embed(model, randomWindows(model.shape.vocabulary, [9]))
    const kept = cloneHidden(hidden)
    await forward.runLayer(model, 0, hidden)
    expect(kept.data).not.toEqual(hidden.data)
    await forward.runLayer(model, 0, kept)
    expect(kept.data).toEqual(hidden.data)
  })

  test('tells rising progress that ends at 1', async () => {
    const model = randomModel()
    const shares: number[] = []
    await forward.runLayer(model, 0, await forward.embed(model, randomWindows(50, [700, 700])), {
      onProgress: (share) => shares.push(share),
    })
    expect(shares).toEqual([...shares].sort((a, b) => a - b))
    expect(shares.length).toBeGreaterThan(4)
    expect(shares.at(-1)).toBeCloseTo(1, 12)
  })

  test("stops between experts when aborted, with the signal's reason", async () => {
    const model = randomModel()
    const abort = new AbortController()
    const reason = new Error('enough')
    const reads: string[] = []
    const watched: MoeModel = {
      ...model,
      layers: model.layers.map((layer) => ({
        ...layer,
        experts: layer.experts.map((expert, index) => ({
          ...expert,
          gate: {
            ...expert.gate,
            read: () => {
              reads.push(`expert ${index}`)
              return expert.gate.read()
            },
          },
        })),
      })),
    }
    const hidden = await forward.embed(model, randomWindows(50, [200]))
    const running = forward.runLayer(watched, 0, hidden, {
      signal: abort.signal,
      onProgress: (_, activity) => {
        if (activity === 'experts') abort.abort(reason)
      },
    })
    await expect(running).rejects.toBe(reason)
    expect(reads).toEqual(['expert 0'])
  })

  test('names weights that are not numbers', async () => {
    const model = randomModel()
    const [first, ...others] = model.layers
    if (first === undefined) throw new Error('the model has no layer')
    const router = memoryTensor(
      tensorOf(first, 'router').name,
      tensorOf(first, 'router').shape,
      (await tensorOf(first, 'router').read()).fill(NaN),
    )
    const broken: MoeModel = { ...model, layers: [{ ...first, tensors: { ...first.tensors, router } }, ...others] }
    const hidden = await forward.embed(broken, randomWindows(50, [4]))
    await expect(forward.runLayer(broken, 0, hidden)).rejects.toMatchObject({ code: 'tensor-not-finite' })
  })

  test('refuses a stream of another model', async () => {
    const hidden = await forward.embed(randomModel({ ...TINY_SHAPE, hidden: 16 }), randomWindows(50, [4]))
    await expect(forward.runLayer(randomModel(), 0, hidden)).rejects.toThrow(RangeError)
  })
})

describe('the embedding', () => {
  test('reads only rows that occur, and puts each where its token is', async () => {
    const shape = { ...TINY_SHAPE, vocabulary: 5000 }
    const table = Float32Array.from({ length: 5000 * shape.hidden }, (_, i) => i)
    let rowsRead = 0
    const whole = memoryTensor('embedding', [5000, shape.hidden], table)
    const embedding = {
      ...whole,
      readRows: (start: number, count: number) => {
        rowsRead += count
        return whole.readRows(start, count)
      },
    }
    const model: MoeModel = { ...randomModel(), shape, embedding }
    const ids = [4999, 3, 3, 2500, 0, 2510]
    const hidden = await forward.embed(model, [Int32Array.from(ids.slice(0, 2)), Int32Array.from(ids.slice(2))])
    expect(hidden.windows).toEqual([2, 4])
    ids.forEach((id, t) => expect(hidden.data.subarray(t * 32, (t + 1) * 32)).toEqual(table.subarray(id * 32, (id + 1) * 32)))
    expect(rowsRead).toBeLessThan(30)
  })

  test('refuses tokens outside the vocabulary', async () => {
    await expect(forward.embed(randomModel(), [Int32Array.of(50)])).rejects.toThrow(RangeError)
    await expect(forward.embed(randomModel(), [Int32Array.of(-1)])).rejects.toThrow(RangeError)
  })
})

describe('cutting work into pieces', () => {
  test('windows of one length run together, up to a bound', () => {
    expect(windowRuns([256, 256, 256, 256, 256, 100, 256])).toEqual([
      { firstToken: 0, windows: 4, length: 256 },
      { firstToken: 1024, windows: 1, length: 256 },
      { firstToken: 1280, windows: 1, length: 100 },
      { firstToken: 1380, windows: 1, length: 256 },
    ])
    expect(windowRuns([4096, 4096])).toHaveLength(2)
  })

  test('a tile never holds more than 2^24 scores while one head fits', () => {
    const shape = { ...TINY_SHAPE, heads: 32, kvHeads: 4 }
    for (const [windows, length] of [
      [4, 256],
      [1, 4096],
      [1, 16384],
    ] as const) {
      for (const q of attentionTiles(shape, windows, length).queries) {
        for (const kv of attentionTiles(shape, windows, length).heads) {
          expect(windows * (kv.end - kv.start) * 8 * (q.end - q.start) * q.end).toBeLessThanOrEqual(1 << 24)
        }
      }
    }
  })

  test('logits do not depend on how the stream is asked for', async () => {
    const model = randomModel()
    const hidden = await allLayers(forward, model, randomWindows(50, [20, 20]))
    const head = await forward.openOutput(model)
    try {
      const all = await head.logits(hidden, 0, 40)
      const part = await head.logits(hidden, 13, 9)
      part.forEach((value, i) => expect(value).toBeCloseTo(all[13 * 50 + i] as number, 4))
    } finally {
      head.close()
    }
  })
})
