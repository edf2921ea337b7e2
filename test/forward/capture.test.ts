import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AttentionInputs, DenseResult } from '../../src-main/forward/capture.ts'
import { openForward } from '../../src-main/forward/forward.ts'
import { referenceLayer } from './reference-layer.ts'
import type { LayerTrace } from './reference-layer.ts'
import { randomModel, randomWindows, TINY_SHAPE } from './tiny-model.ts'

const forward = openForward({ device: 'cpu', threads: 1 })
afterAll(() => forward.close())

const model = randomModel()
const [layer] = model.layers
if (layer === undefined) throw new Error('the model has no layer')
const lengths = [40, 40, 0, 700, 400]
const windows = randomWindows(TINY_SHAPE.vocabulary, lengths)

/** Largest difference of found rows from the float64 ones. */
function distance(found: Float32Array, wanted: readonly Float64Array[]): number {
  const flat = wanted.flatMap((row) => [...row])
  expect(found.length).toBe(flat.length)
  return flat.reduce((most, value, i) => Math.max(most, Math.abs(value - (found[i] as number))), 0)
}

describe('a capture', () => {
  const batches: AttentionInputs[] = []
  const routed: DenseResult[] = []
  let trace: LayerTrace

  beforeAll(async () => {
    const hidden = await forward.embed(model, windows)
    const stream = Array.from({ length: 1180 }, (_, t) => Float64Array.from(hidden.data.subarray(t * 32, (t + 1) * 32)))
    trace = await referenceLayer(TINY_SHAPE, layer, stream, lengths)
    await forward.runLayer(model, 0, hidden, {
      capture: { onAttentionInputs: (batch) => batches.push(batch), onRouted: (dense) => routed.push(dense) },
    })
  })

  test('shows the inputs of the attention matrices, every token once and in order', () => {
    expect(batches.map(({ firstToken }) => firstToken)).toEqual([0, 80, 780])
    expect(distance(Float32Array.from(batches.flatMap(({ input }) => [...input])), trace.attentionInput)).toBeLessThan(1e-5)
    expect(distance(Float32Array.from(batches.flatMap(({ outputInput }) => [...outputInput])), trace.mixed)).toBeLessThan(1e-5)
  })

  test("shows the experts' input and the routing, once", () => {
    expect(routed).toHaveLength(1)
    const [{ normalized, routing }] = routed as [DenseResult]
    expect([...routing.chosen]).toEqual(trace.pairs.map(({ expert }) => expert))
    expect(distance(routing.gates, [Float64Array.from(trace.pairs, ({ gate }) => gate)])).toBeLessThan(1e-5)
    expect(
      distance(
        normalized,
        trace.pairs.filter((_, pair) => pair % TINY_SHAPE.expertsPerToken === 0).map(({ x }) => x),
      ),
    ).toBeLessThan(1e-5)
  })

  test('changes nothing', async () => {
    const [plain, watched] = [await forward.embed(model, windows), await forward.embed(model, windows)]
    await forward.runLayer(model, 0, plain)
    await forward.runLayer(model, 0, watched, { capture: { onAttentionInputs: () => {}, onRouted: () => {} } })
    expect(watched.data).toEqual(plain.data)
  })

  test('one expert on its own gives what it gave in the layer', async () => {
    const pairs = trace.pairs.filter(({ expert }) => expert === 3)
    const [gate, up, down] = await Promise.all([layer.experts[3]?.gate.read(), layer.experts[3]?.up.read(), layer.experts[3]?.down.read()])
    if (gate === undefined || up === undefined || down === undefined) throw new Error('the layer has no expert 3')
    const found = await forward.expert(TINY_SHAPE, { gate, up, down }, Float32Array.from(pairs.flatMap(({ x }) => [...x])))
    expect(pairs.length).toBeGreaterThan(10)
    expect(
      distance(
        found.result,
        pairs.map(({ output }) => output),
      ),
    ).toBeLessThan(1e-4)
    expect(
      distance(
        found.activated,
        pairs.map(({ inner }) => inner),
      ),
    ).toBeLessThan(1e-4)
  })
})

describe('one expert on given rows', () => {
  const small = { ...TINY_SHAPE, hidden: 4, expertWidth: 3 }
  const weights = {
    gate: Float32Array.from({ length: 12 }, (_, i) => Math.sin(i)),
    up: new Float32Array(12).fill(0.5),
    down: Float32Array.from({ length: 12 }, (_, i) => Math.cos(i)),
  }

  test('more rows than one run holds come back in their places', async () => {
    const x = Float32Array.from({ length: 9000 * 4 }, (_, i) => Math.sin(i * i))
    const all = await forward.expert(small, weights, x)
    for (const row of [0, 4095, 4096, 8191, 8192, 8999]) {
      const one = await forward.expert(small, weights, x.subarray(row * 4, row * 4 + 4))
      one.result.forEach((value, i) => expect(all.result[row * 4 + i]).toBeCloseTo(value, 5))
      one.activated.forEach((value, i) => expect(all.activated[row * 3 + i]).toBeCloseTo(value, 5))
    }
  })

  test('no rows give none, wrong sizes are refused', async () => {
    expect(await forward.expert(small, weights, new Float32Array(0))).toEqual({
      result: new Float32Array(0),
      activated: new Float32Array(0),
    })
    await expect(forward.expert(small, weights, new Float32Array(5))).rejects.toThrow(RangeError)
    await expect(forward.expert(small, { ...weights, down: new Float32Array(11) }, new Float32Array(4))).rejects.toThrow(RangeError)
  })
})
