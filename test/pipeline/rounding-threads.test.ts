import { describe, expect, it, vi } from 'vitest'
import type { LayerAtHand } from '../../src-main/calibration/layer-at-hand.ts'
import { roundHere } from '../../src-main/calibration/rounding-jobs.ts'
import type { RoundingJobs } from '../../src-main/calibration/rounding-jobs.ts'
import { keepGain } from '../../src-main/kernels/keep-gain.ts'
import { loadKernels } from '../../src-main/kernels/load.ts'
import { gptq } from '../../src-main/methods/quantize/gptq.ts'
import { mc } from '../../src-main/methods/quantize/mc.ts'
import { rtn } from '../../src-main/methods/quantize/rtn.ts'
import { EncodePool } from '../../src-main/pipeline/encode-pool.ts'
import { failureOf } from '../fixtures/expected-error.ts'
import { temporaryFolder } from '../fixtures/temporary-folder.ts'
import { brokenMoments, delegate, formInput, taskOf, visitLayers } from '../methods/layers-at-hand.ts'

const kernels = keepGain(loadKernels().kernels)

/** Runs `visit` on the first layer, weights rounded on this thread, on a pool of one and on a pool of three. */
async function onEach(visit: (layer: LayerAtHand) => Promise<unknown>): Promise<unknown[]> {
  const found: unknown[] = []
  await visitLayers(await temporaryFolder(), { layers: 1 }, async (layer) => {
    const pools = [new EncodePool(kernels, 1), new EncodePool(kernels, 3)]
    try {
      for (const rounding of [roundHere(kernels), ...pools]) found.push(await visit(delegate(layer, { kernels, rounding })))
    } finally {
      await Promise.all(pools.map((pool) => pool.close()))
    }
  })
  return found
}

/** `rounding`, counting requests that were answered. */
function counted(rounding: RoundingJobs, onAnswer: () => void, onAsked: () => void = () => {}): RoundingJobs {
  const watch = <R>(ask: () => Promise<R>): Promise<R> => {
    onAsked()
    return ask().finally(onAnswer)
  }
  return {
    threads: rounding.threads,
    factor: (moment, columns) => watch(() => rounding.factor(moment, columns)),
    release: (factor) => {
      rounding.release(factor)
    },
    quantize: (input) => watch(() => rounding.quantize(input)),
    encode: (input) => watch(() => rounding.encode(input)),
  }
}

describe('rounding on threads', () => {
  it.each([
    ['rtn', rtn],
    ['gptq', gptq],
  ] as const)('packs the same codes by %s, in rising progress', { timeout: 60_000 }, async (_, method) => {
    const [here, one, three] = await onEach(async (layer) => {
      const plan = await method.forms?.plan(formInput(layer.shape, { kind: 'expert-bits', bits: 2.5 }))
      if (plan === undefined) throw new Error('no plan')
      const shares: number[] = []
      const values = await method.forms?.apply(layer, { ...taskOf(plan, 0), onProgress: (share) => shares.push(share) })
      return { values, shares }
    })
    const { values, shares } = here as { values: Record<string, { matrices: unknown[] }>; shares: number[] }
    expect(Object.keys(values)).toHaveLength(7)
    expect(values['expertUp']?.matrices.length).toBeGreaterThan(1)
    expect(shares).toEqual([...shares].sort((a, b) => a - b))
    expect(shares.at(-1)).toBe(1)
    expect(one).toEqual(here)
    expect(three).toEqual(here)
  })

  it.each([
    ['a folder', mc.forms?.measure],
    ['GGUF', mc.blocks?.measure],
  ] as const)('measures the same for %s of mc, factors or none', { timeout: 120_000 }, async (_, measure) => {
    for (const seen of [(layer: LayerAtHand) => layer, brokenMoments]) {
      const [here, one, three] = await onEach(async (layer) =>
        measure?.run(seen(layer), { widths: ['1', '2', '3'], types: ['Q2_K', 'Q4_0', 'Q8_0'] }, 1),
      )
      expect((here as { unfactored: number }).unfactored > 0).toBe(seen === brokenMoments)
      expect(JSON.stringify(one)).toBe(JSON.stringify(here))
      expect(JSON.stringify(three)).toBe(JSON.stringify(here))
    }
  })

  it('stops soon after an abort, nothing going on behind', { timeout: 60_000 }, async () => {
    await visitLayers(await temporaryFolder(), { layers: 1 }, async (layer) => {
      const stop = new AbortController()
      const pool = new EncodePool(kernels, 2, stop.signal)
      try {
        let [asked, answers] = [0, 0]
        const rounding = counted(
          pool,
          () => {
            if (++answers === 4) stop.abort(new Error('enough'))
          },
          () => asked++,
        )
        const failure = await failureOf(
          () => mc.forms?.measure?.run(delegate(layer, { kernels, rounding, signal: stop.signal }), {}, 1) ?? Promise.resolve(),
        )
        expect(failure).toMatchObject({ message: 'enough' })
        // What the threads were at comes to its end; nothing is begun after it.
        await vi.waitFor(() => {
          expect(answers).toBe(asked)
        })
        expect(asked).toBeLessThan(20)
      } finally {
        await pool.close()
      }
    })
  })
})
