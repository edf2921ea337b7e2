import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { medianThreshold, prefixShares, pruneAtMedian, pruneToShare } from '../../src-main/calibration/pruning-thresholds.ts'
import type { LayerGates } from '../../src-main/calibration/pruning-thresholds.ts'
import { keptExperts } from '../../src-main/forward/pruning.ts'
import { newRouting } from '../../src-main/forward/routing.ts'
import type { Routing } from '../../src-main/forward/routing.ts'
import { seededRandom } from '../../src-main/tensor/random.ts'

/** Random gates of one layer, falling, sum 1. */
function randomRouting(seed: number, tokens: number, k: number): Routing {
  const random = seededRandom(seed)
  const routing = newRouting(tokens, k)
  for (let token = 0; token < tokens; token++) {
    const raw = Array.from({ length: k }, () => random() ** 2 + 1e-3).sort((a, b) => b - a)
    const total = raw.reduce((sum, value) => sum + value, 0)
    routing.gates.set(
      raw.map((value) => value / total),
      token * k,
    )
  }
  return routing
}

/** Experts that run in all layers, as the engine counts them. */
function countKept(routings: readonly Routing[], keep: readonly number[]): number[] {
  return routings.map(({ gates, expertsPerToken: k }, layer) => {
    let kept = 0
    for (let at = 0; at < gates.length; at += k) kept += keptExperts(gates.subarray(at, at + k), keep[layer] as number)
    return kept
  })
}

const layersOf = (routings: readonly Routing[], sensitivities: readonly number[]): LayerGates[] =>
  routings.map((routing, layer) => ({ shares: prefixShares(routing), sensitivity: sensitivities[layer] as number }))
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

describe('the threshold of a layer', () => {
  test('prefix shares are those of the definition, rising, whether or not gates sum to 1', () => {
    const routing = newRouting(2, 3)
    routing.gates.set([0.5, 0.25, 0.25, 0.25, 0.125, 0.125])
    expect([...prefixShares(routing)]).toEqual([0.5, 0.5, 0.75, 0.75])
  })

  test('of two experts it is 1 / (1 + mu) up to the gap at the median of w2 / w1, and skips half of the seconds', () => {
    const routing = randomRouting(3, 1001, 2)
    const ratios = Float64Array.from(
      { length: 1001 },
      (_, t) => (routing.gates[2 * t + 1] as number) / (routing.gates[2 * t] as number),
    ).sort()
    const keep = medianThreshold(prefixShares(routing))
    expect(1 / keep - 1).toBeGreaterThanOrEqual(ratios[499] as number)
    expect(1 / keep - 1).toBeLessThanOrEqual(ratios[500] as number)
    expect(countKept([routing], [keep])).toEqual([1001 + 501])
  })

  test('tokens with equal gates fall together', () => {
    const routing = newRouting(4, 2)
    routing.gates.set([0.5, 0.5, 0.5, 0.5, 0.75, 0.25, 0.75, 0.25])
    expect(countKept([routing], [medianThreshold(prefixShares(routing))])).toEqual([6])
  })
})

describe('thresholds of a model', () => {
  const routings = [1, 2, 3, 4].map((seed) => randomRouting(seed, 500, 4))
  const layers = layersOf(routings, [0.4, 0.1, 0.3, 0.2])
  const target = (keptShare: number, protectedShare = 0) => ({ expertsPerToken: 4, keptShare, protectedShare })

  test('meet the target to within one expert of one token', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1e6 }),
        fc.integer({ min: 2, max: 8 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (seed, k, depth) => {
          const own = [0, 1, 2].map((layer) => randomRouting(seed + layer, 60, k))
          const keptShare = 1 - depth * (1 - 1 / k)
          const { keep } = pruneToShare(layersOf(own, [3, 1, 2]), { expertsPerToken: k, keptShare, protectedShare: 0 })
          expect(Math.abs(sum(countKept(own, keep)) - keptShare * 3 * 60 * k)).toBeLessThanOrEqual(1)
        },
      ),
    )
  })

  test('prune the least sensitive layers first, none below its median before all are there', () => {
    const { keep } = pruneToShare(layers, target(0.85))
    expect(countKept(routings, keep)).toEqual([2000, 1250, 2000, 1550])
    expect(keep[0]).toBe(1)
    expect(keep[1]).toBe(medianThreshold((layers[1] as LayerGates).shares))
  })

  test('below all medians every layer skips the same share', () => {
    expect(countKept(routings, pruneToShare(layers, target(0.4)).keep)).toEqual([800, 800, 800, 800])
    expect(pruneToShare(layers, target(0.25)).keep).toEqual([0, 0, 0, 0])
  })

  test('a target of 1 prunes nothing, an impossible one is refused', () => {
    expect(pruneToShare(layers, target(1, 0.02))).toEqual({ keep: [1, 1, 1, 1], protectedShare: 0.02 })
    expect(() => pruneToShare(layers, target(0.2))).toThrow(RangeError)
    expect(() => pruneToShare(layers, target(0.25, 0.1))).toThrow('from 0.325 to 1')
    expect(() => pruneToShare(layers, target(1.1))).toThrow(RangeError)
    expect(() => pruneToShare(layers, target(NaN))).toThrow(RangeError)
    const single = layersOf([randomRouting(1, 10, 1)], [1])
    expect(pruneToShare(single, { expertsPerToken: 1, keptShare: 1, protectedShare: 0 }).keep).toEqual([1])
    expect(() => pruneToShare(single, { expertsPerToken: 1, keptShare: 0.9, protectedShare: 0 })).toThrow(RangeError)
  })

  test('protected tokens are made up for by the others', () => {
    const { keep } = pruneToShare(layers, target(0.7, 0.2))
    const [kept, all] = [sum(countKept(routings, keep)), 4 * 500 * 4]
    expect(0.2 * all + 0.8 * kept).toBeCloseTo(0.7 * all, 0)
  })

  test("the authors' form takes the median in so many layers", () => {
    const { keep } = pruneAtMedian(layers, 2, 0.02)
    expect(countKept(routings, keep)).toEqual([2000, 1250, 2000, 1250])
    expect(pruneAtMedian(layers, 0, 0).keep).toEqual([1, 1, 1, 1])
  })

  test('do not depend on the order of layers', () => {
    const keep = pruneToShare(layers, target(0.8)).keep
    expect(pruneToShare([...layers].reverse(), target(0.8)).keep).toEqual([...keep].reverse())
  })
})
