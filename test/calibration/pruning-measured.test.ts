import { afterAll, describe, expect, test } from 'vitest'
import { measurePruning } from '../../src-main/calibration/measure-pruning.ts'
import { medianThreshold, pruneToShare } from '../../src-main/calibration/pruning-thresholds.ts'
import type { LayerGates } from '../../src-main/calibration/pruning-thresholds.ts'
import { keptExperts } from '../../src-main/forward/pruning.ts'
import { openForward } from '../../src-main/forward/forward.ts'
import { referenceLayer } from '../forward/reference-layer.ts'
import { randomModel, randomWindows, TINY_SHAPE } from '../forward/tiny-model.ts'

const forward = openForward({ device: 'cpu', threads: 1 })
afterAll(() => forward.close())

const shape = { ...TINY_SHAPE, expertsPerToken: 3 }
const model = randomModel(shape)
const windows = randomWindows(shape.vocabulary, [40, 40, 40])

describe('measuring what pruning costs', () => {
  test('sensitivity is the relative change of the combined output at the median, layer by layer, the stream untouched', async () => {
    const measured = await measurePruning(forward, model, windows)
    const hidden = await forward.embed(model, windows)
    let stream = Array.from({ length: 120 }, (_, t) => Float64Array.from(hidden.data.subarray(t * hidden.size, (t + 1) * hidden.size)))
    expect(measured).toHaveLength(2)
    for (const [index, layer] of model.layers.entries()) {
      const { shares, sensitivity } = measured[index] as LayerGates
      const { pairs, combined, after } = await referenceLayer(shape, layer, stream, [40, 40, 40])
      const keep = medianThreshold(shares)
      let [difference, norm] = [0, 0]
      combined.forEach((whole, t) => {
        const own = pairs.slice(t * 3, t * 3 + 3)
        const kept = own.slice(
          0,
          keptExperts(
            Float32Array.from(own, ({ gate }) => gate),
            keep,
          ),
        )
        const total = kept.reduce((sum, { gate }) => sum + gate, 0)
        whole.forEach((value, i) => {
          difference += (kept.reduce((sum, { gate, output }) => sum + (gate / total) * (output[i] as number), 0) - value) ** 2
          norm += value ** 2
        })
      })
      expect(sensitivity).toBeCloseTo(Math.sqrt(difference / norm), 5)
      expect(sensitivity).toBeGreaterThan(0.05)
      expect(shares.length).toBe(240)
      stream = after
    }
  })

  test('thresholds set from it give the share asked for when the engine runs', async () => {
    const layers = await measurePruning(forward, model, windows)
    const pruning = pruneToShare(layers, { expertsPerToken: 3, keptShare: 0.8, protectedShare: 0 })
    const kept: number[] = []
    const hidden = await forward.embed(model, windows)
    // Layer by layer on the stream that is not pruned, as it was measured.
    for (const { index } of model.layers) {
      await forward.runLayer(
        { ...model, pruning },
        index,
        { ...hidden, data: hidden.data.slice() },
        { capture: { onRouted: ({ routing }) => kept.push(routing.kept?.reduce((sum, count) => sum + count, 0) ?? 360) } },
      )
      await forward.runLayer(model, index, hidden)
    }
    expect(kept.reduce((sum, count) => sum + count, 0)).toBe(Math.round(0.8 * 2 * 360))
  })

  test('takes at most the tokens told, a pruned model as if it were not, and stops when asked', async () => {
    const some = await measurePruning(forward, { ...model, pruning: { keep: [0, 0], protectedShare: 0 } }, windows, { tokens: 80 })
    expect(some.map(({ shares }) => shares.length)).toEqual([160, 160])
    expect(some[0]?.sensitivity).toBeGreaterThan(0.05)
    const stop = new AbortController()
    const reason = new Error('enough')
    await expect(
      measurePruning(forward, model, windows, {
        signal: stop.signal,
        onProgress: () => {
          stop.abort(reason)
        },
      }),
    ).rejects.toBe(reason)
  })
})
