import { afterAll, describe, expect, test } from 'vitest'
import { PruningReport } from '../../src-main/contract/report.ts'
import { openForward } from '../../src-main/forward/forward.ts'
import type { MoeModel } from '../../src-main/model/moe-model.ts'
import { evaluate, finalHidden } from '../../src-main/report/evaluate.ts'
import { evaluatePruning } from '../../src-main/report/pruning.ts'
import { randomModel, randomWindows, TINY_SHAPE } from '../forward/tiny-model.ts'

const forward = openForward({ device: 'cpu', threads: 1 })
afterAll(() => forward.close())

const shape = { ...TINY_SHAPE, expertsPerToken: 4 }
const original = randomModel(shape)
const windows = randomWindows(shape.vocabulary, [40, 40, 25])
/** The original itself, pruned in one of its two layers. */
const shrunk: MoeModel = { ...original, pruning: { keep: [0.75, 1], protectedShare: 0.1 } }

describe('what pruning saves and costs', () => {
  test('every quality is that of the model run on its own', async () => {
    const { quality, pruning } = await evaluatePruning(forward, original, shrunk, windows)
    expect(quality).toEqual(await evaluate(forward, original, shrunk, windows))
    expect(pruning.withoutProtection).toEqual(
      await evaluate(forward, original, { ...shrunk, pruning: { keep: [0.75, 1], protectedShare: 0 } }, windows),
    )
    expect(pruning.withoutPruning).toEqual(await evaluate(forward, original, { ...shrunk, pruning: null }, windows))
    expect(pruning.withoutPruning.klDivergence.mean).toBe(0)
    expect(quality.klDivergence.mean).toBeGreaterThan(0.001)
    expect(pruning.withoutProtection.klDivergence.mean).not.toBe(quality.klDivergence.mean)
    expect(PruningReport.parse(JSON.parse(JSON.stringify(pruning)))).toEqual(pruning)
  })

  test('counts the experts that run', async () => {
    const { pruning } = await evaluatePruning(forward, original, shrunk, windows)
    let kept = 0
    await forward.runLayer(shrunk, 0, await forward.embed(shrunk, windows), {
      capture: {
        onRouted: ({ routing }) => {
          kept = routing.gates.reduce((count, gate) => count + Number(gate > 0), 0)
        },
      },
    })
    const skipped = 1 - kept / (105 * 4)
    expect(skipped).toBeGreaterThan(0.1)
    expect(pruning.skipRate[0]).toBeCloseTo(skipped, 12)
    expect(pruning.skipRate[1]).toBe(0)
    expect(pruning.keptExpertShare).toBeCloseTo(1 - skipped / 2, 12)
    // Attention 32 x (4 + 2 + 2 + 4) x 16, router 32 x 6, an expert 3 x 32 x 24; two layers.
    const [dense, expert] = [32 * 12 * 16 + 32 * 6, 3 * 32 * 24]
    expect(pruning.activeParameters.before).toBe(2 * (dense + 4 * expert))
    expect(pruning.activeParameters.after).toBeCloseTo(2 * dense + (4 + kept / 105) * expert, 6)
  })

  test('runs the original once or, with its stream given, not at all, and nothing twice', async () => {
    const runs: string[] = []
    const name = (model: MoeModel): string =>
      model === original ? 'original' : model.pruning === null ? 'whole' : `protected ${model.pruning?.protectedShare}`
    const watched = {
      embed: forward.embed.bind(forward),
      openOutput: forward.openOutput.bind(forward),
      runLayer: (...[model, index, ...rest]: Parameters<typeof forward.runLayer>) => {
        if (index === 0) runs.push(name(model))
        return forward.runLayer(model, index, ...rest)
      },
    }
    const progress: number[] = []
    const onProgress = (done: number, total: number): void => {
      progress.push(done / total)
    }
    const all = await evaluatePruning(watched, original, shrunk, windows, { onProgress })
    expect(runs).toEqual(['original', 'protected 0.1', 'protected 0', 'whole'])
    expect(progress).toEqual([...progress].sort((a, b) => a - b))
    expect(progress.at(-1)).toBe(1)
    runs.length = 0
    const originalHidden = await finalHidden(forward, original, windows)
    expect(await evaluatePruning(watched, original, shrunk, windows, { originalHidden })).toEqual(all)
    expect(runs).toEqual(['protected 0.1', 'protected 0', 'whole'])
    runs.length = 0
    const bare = await evaluatePruning(watched, original, { ...shrunk, pruning: { keep: [0.75, 1], protectedShare: 0 } }, windows, {
      originalHidden,
    })
    expect(runs).toEqual(['protected 0', 'whole'])
    expect(bare.quality).toEqual(bare.pruning.withoutProtection)
    expect(bare.quality).toEqual(all.pruning.withoutProtection)
  })

  test('a model without pruning is refused', async () => {
    await expect(evaluatePruning(forward, original, original, windows)).rejects.toThrow(RangeError)
  })
})
