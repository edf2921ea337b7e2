import { tensorOf } from '../../src-main/model/moe-model.ts'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import type { PruningForm } from '../../src-main/contract/form.ts'
import type { DenseResult } from '../../src-main/forward/capture.ts'
import { openForward } from '../../src-main/forward/forward.ts'
import { keptExperts, layerPruning, pruneWindows, windowImportance } from '../../src-main/forward/pruning.ts'
import { newRouting, queueByExpert } from '../../src-main/forward/routing.ts'
import type { Routing } from '../../src-main/forward/routing.ts'
import { attentionGraph, maskStrip } from '../../src-main/forward/attention.ts'
import { rotaryTable } from '../../src-main/forward/rotary.ts'
import { openCompute } from '../../src-main/compute/session.ts'
import { hostTensor } from '../../src-main/compute/tensor-handle.ts'
import type { MoeModel } from '../../src-main/model/moe-model.ts'
import { allLogits } from './pass.ts'
import { referenceLayer } from './reference-layer.ts'
import type { LayerTrace } from './reference-layer.ts'
import { randomModel, randomWindows, TINY_SHAPE, SINGLE_ROLES } from './tiny-model.ts'

const forward = openForward({ device: 'cpu', threads: 1 })
afterAll(() => forward.close())

const shape = { ...TINY_SHAPE, expertsPerToken: 4 }
const model = randomModel(shape)
const lengths = [30, 30, 0, 150, 1]
const windows = randomWindows(shape.vocabulary, lengths)
const tokens = 211
const pruned = (keep: number, protectedShare: number, of: MoeModel = model): MoeModel => ({
  ...of,
  pruning: { keep: of.layers.map(() => keep), protectedShare },
})

/** A token's gates, falling, as a model gives them. */
const gatesOf = fc
  .array(fc.float({ min: Math.fround(1e-3), max: 1, noNaN: true }), { minLength: 1, maxLength: 8 })
  .map((values) => Float32Array.from(values).sort().reverse())

/** What runs in layer 0. */
async function layerRouting(of: MoeModel): Promise<{ routing: Routing; combined: Float32Array }> {
  const seen: DenseResult[] = []
  const sums: Float32Array[] = []
  await forward.runLayer(of, 0, await forward.embed(of, windows), {
    capture: { onRouted: (dense) => seen.push(dense), onCombined: (combined) => sums.push(combined) },
  })
  const [routing, combined] = [seen[0]?.routing, sums[0]]
  if (routing === undefined || combined === undefined) throw new Error('the layer showed nothing')
  return { routing, combined }
}

async function trace(of: MoeModel): Promise<LayerTrace> {
  const hidden = await forward.embed(of, windows)
  const stream = Array.from({ length: tokens }, (_, t) => Float64Array.from(hidden.data.subarray(t * hidden.size, (t + 1) * hidden.size)))
  const [layer] = of.layers
  if (layer === undefined) throw new Error('the model has no layer')
  return referenceLayer(of.shape, layer, stream, lengths)
}

/** Importance of every token of a trace, from its definition. */
function importanceOf({ pairs, received }: LayerTrace): number[] {
  const norms = pairs
    .filter((_, pair) => pair % shape.expertsPerToken === 0)
    .map(({ x }) => x.reduce((sum, value) => sum + Math.abs(value), 0))
  const after = lengths.flatMap((length) => Array.from({ length }, (_, j) => length - j))
  return norms.map((norm, t) => (norm * (received[t] as number)) / (after[t] as number) / shape.heads)
}

describe('the prefix that is kept', () => {
  test('reaches tau of the sum, and one expert fewer would not', () => {
    fc.assert(
      fc.property(gatesOf, fc.double({ min: 0, max: 1, noNaN: true }), (gates, keep) => {
        const count = keptExperts(gates, keep)
        const sum = (values: Float32Array): number => values.reduce((total, gate) => total + gate, 0)
        expect(count).toBeGreaterThanOrEqual(1)
        expect(count).toBeLessThanOrEqual(gates.length)
        expect(sum(gates.subarray(0, count))).toBeGreaterThanOrEqual(keep * sum(gates))
        if (count > 1 && keep < 1) expect(sum(gates.subarray(0, count - 1))).toBeLessThan(keep * sum(gates))
      }),
    )
  })

  test('tau 1 keeps all, gates of 0 included; tau 0 keeps one', () => {
    expect(keptExperts(Float32Array.of(1, 0, 0), 1)).toBe(3)
    expect(keptExperts(Float32Array.of(0.4, 0.3, 0.3), 0)).toBe(1)
    expect(keptExperts(Float32Array.of(0.5, 0.25, 0.25), 0.75)).toBe(2)
  })

  test('of two, the second is skipped where w2 < mu w1, with tau = 1 / (1 + mu)', () => {
    const gate = fc.float({ min: Math.fround(1e-3), max: 1, noNaN: true })
    fc.assert(
      fc.property(gate, gate, fc.double({ min: 0.01, max: 1, noNaN: true }), (a, b, mu) => {
        const [first, second] = [Math.max(a, b), Math.min(a, b)]
        fc.pre(Math.abs(second / first - mu) > 1e-9)
        expect(keptExperts(Float32Array.of(first, second), 1 / (1 + mu))).toBe(second < mu * first ? 1 : 2)
      }),
    )
  })
})

describe('pruning a routing', () => {
  const windowsOf = (received: Float32Array | null = null) => ({
    firstToken: 0,
    windows: 1,
    length: 3,
    normalized: Float32Array.of(1, -1, 2, 0, -3, 0),
    received,
    heads: 2,
  })
  const routing = (): Routing => {
    const made = newRouting(3, 2, true)
    made.chosen.set([0, 1, 1, 0, 2, 1])
    made.gates.set([0.75, 0.25, 0.5, 0.5, 0.875, 0.125])
    return made
  }

  test('drops what is left of the prefix and lets the rest sum to 1 again', () => {
    const made = routing()
    pruneWindows(made, { keep: 0.7, protectedShare: 0 }, windowsOf(), 1)
    expect([...(made.kept ?? [])]).toEqual([1, 2, 1])
    expect([...made.gates]).toEqual([1, 0, 0.5, 0.5, 1, 0])
    const queues = queueByExpert(made, 3)
    expect([...queues.starts]).toEqual([0, 2, 3, 4])
    expect([...queues.tokens]).toEqual([0, 1, 1, 2])
    expect([...queues.gates]).toEqual([1, 0.5, 0.5, 1])
  })

  test('leaves the gates as they are where the model does not normalize', () => {
    const made = routing()
    pruneWindows(made, { keep: 0.7, protectedShare: 0 }, windowsOf(), null)
    expect([...made.gates]).toEqual([0.75, 0, 0.5, 0.5, 0.875, 0])
  })

  test('protects the most important tokens, the earlier of equals, at least one', () => {
    const received = Float32Array.of(3, 2, 1) // I = 2 * 3/6, 2 * 2/4, 3 * 1/2
    expect([...windowImportance(windowsOf(received), 0)]).toEqual([1, 1, 1.5])
    const guarded = (share: number): number[] => {
      const made = routing()
      made.gates.set([0.75, 0.25, 0.75, 0.25, 0.75, 0.25])
      pruneWindows(made, { keep: 0.7, protectedShare: share }, windowsOf(received), 1)
      return [...(made.kept ?? [])]
    }
    expect(guarded(0.01)).toEqual([1, 1, 2])
    expect(guarded(0.5)).toEqual([2, 1, 2])
    expect(guarded(0.99)).toEqual([2, 2, 2])
  })

  test('a form that changes nothing is no pruning; one that lacks the layer is refused', () => {
    const form: PruningForm = { keep: [1, 0.5], protectedShare: 0.02 }
    expect(layerPruning(form, 0)).toBeNull()
    expect(layerPruning(form, 1)).toEqual({ keep: 0.5, protectedShare: 0.02 })
    expect(layerPruning({ ...form, protectedShare: 1 }, 1)).toBeNull()
    expect(layerPruning(null, 1)).toBeNull()
    expect(() => layerPruning(form, 2)).toThrow(RangeError)
  })
})

describe('a pruned model', () => {
  test('with tau 1, or all tokens protected, gives the bytes of the model that is not pruned', async () => {
    const plain = await allLogits(forward, model, windows)
    expect(await allLogits(forward, pruned(1, 0.02), windows)).toEqual(plain)
    expect(await allLogits(forward, pruned(0.3, 1), windows)).toEqual(plain)
    expect(await allLogits(forward, { ...model, pruning: null }, windows)).toEqual(plain)
    expect(await allLogits(forward, pruned(0.9, 0.02), windows)).not.toEqual(plain)
  })

  test.each([
    [true, 0],
    [true, 0.1],
    [false, 0.1],
  ])('gives the float64 sum over the kept experts (gates normalized: %s, protected: %s)', async (normalizeGates, share) => {
    const own = randomModel({ ...shape, normalizeGates })
    const full = await trace(own)
    const { routing, combined } = await layerRouting(pruned(0.8, share, own))
    const importance = importanceOf(full)
    let [at, skipped] = [0, 0]
    for (const length of lengths) {
      const order = Array.from({ length }, (_, j) => at + j).sort((a, b) => (importance[b] as number) - (importance[a] as number))
      const guarded = new Set(order.slice(0, Math.ceil(share * length)))
      for (let t = at; t < at + length; t++) {
        const pairs = full.pairs.slice(t * 4, t * 4 + 4)
        const gates = Float32Array.from(pairs, ({ gate }) => gate)
        const count = guarded.has(t) ? 4 : keptExperts(gates, 0.8)
        skipped += 4 - count
        expect(routing.kept?.[t]).toBe(count)
        const total = normalizeGates ? pairs.slice(0, count).reduce((sum, { gate }) => sum + gate, 0) : 1
        for (let i = 0; i < shape.hidden; i++) {
          const wanted = pairs.slice(0, count).reduce((sum, { gate, output }) => sum + (gate / total) * (output[i] as number), 0)
          expect(Math.abs((combined[t * shape.hidden + i] as number) - wanted)).toBeLessThan(1e-4)
        }
      }
      at += length
    }
    expect(skipped).toBeGreaterThan(tokens / 4)
  })

  test('tells observers what runs', async () => {
    const { routing } = await layerRouting(pruned(0, 0))
    const counts: (readonly number[])[] = []
    const ignore = (): void => {}
    await forward.runLayer(pruned(0, 0), 0, await forward.embed(model, windows), {
      observer: { attention: ignore, expert: ignore, common: ignore, end: ignore, routed: (each) => counts.push(each) },
    })
    expect(new Set(routing.kept)).toEqual(new Set([1]))
    expect(counts[0]?.reduce((sum, count) => sum + count, 0)).toBe(tokens)
  })

  test('does not read experts that are skipped by all', async () => {
    const reads: number[] = []
    const watched: MoeModel = {
      ...model,
      layers: model.layers.map((layer) => ({
        ...layer,
        experts: layer.experts.map((expert, index) => ({
          ...expert,
          gate: {
            ...expert.gate,
            read: () => {
              reads.push(index)
              return expert.gate.read()
            },
          },
        })),
      })),
    }
    const one = await forward.embed(model, [Int32Array.of(7)])
    await forward.runLayer(watched, 0, { ...one, data: one.data.slice() })
    expect(reads).toHaveLength(4)
    reads.length = 0
    await forward.runLayer(pruned(0, 0, watched), 0, one)
    expect(reads).toHaveLength(1)
  })
})

describe('the attention a token receives', () => {
  test.each([
    ['one window shorter than a tile', 1, 40],
    ['two windows', 2, 100],
    ['three tiles, the last one short', 1, 300],
  ])('equals the float64 sum: %s', async (_, count, length) => {
    const compute = openCompute({ device: 'cpu', threads: 1 })
    try {
      const [layer] = model.layers
      if (layer === undefined) throw new Error('the model has no layer')
      const same = new Array<number>(count).fill(length)
      const hidden = await forward.embed(model, randomWindows(shape.vocabulary, same))
      const stream = Array.from({ length: count * length }, (_t, t) => Float64Array.from(hidden.data.subarray(t * 32, (t + 1) * 32)))
      const { received } = await referenceLayer(shape, layer, stream, same)
      const { cos, sin } = rotaryTable(length, { size: shape.headSize, base: shape.ropeBase, scaling: null, factors: null })
      const weights = Object.fromEntries(
        await Promise.all(
          SINGLE_ROLES.map(async (role) => [role, hostTensor(await tensorOf(layer, role).read(), tensorOf(layer, role).shape)] as const),
        ),
      )
      const results = await compute.run(attentionGraph(shape, 0, count, length, { sums: false, inputs: false, received: true }), {
        hidden: hostTensor(hidden.data, [count * length, 32]),
        cos: hostTensor(cos, [length, 8]),
        sin: hostTensor(sin, [length, 8]),
        mask: maskStrip(length),
        ...weights,
      })
      expect(results['received']?.dims).toEqual([count, length])
      received.forEach((value, t) => expect(results['received']?.data[t]).toBeCloseTo(value, 4))
      expect(received.reduce((sum, value) => sum + value, 0)).toBeCloseTo(count * length * shape.heads, 6)
    } finally {
      await compute.close()
    }
  })
})
