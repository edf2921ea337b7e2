import { existsSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { LayerAtHand } from '../../../src-main/calibration/layer-at-hand.ts'
import type { LayerValues } from '../../../src-main/forms/values.ts'
import type { FormWay } from '../../../src-main/methods/method.ts'
import { gptq } from '../../../src-main/methods/quantize/gptq.ts'
import { rtn } from '../../../src-main/methods/quantize/rtn.ts'
import { failureOf } from '../../fixtures/expected-error.ts'
import { temporaryFolder } from '../../fixtures/temporary-folder.ts'
import { brokenMoments, delegate, formInput, layerLoss, taskOf, visitLayers, visitTrainedLayer, TRAINED_MODEL } from '../layers-at-hand.ts'
import { planInput, SMALL } from '../plan-input.ts'

const ways = { gptq: gptq.forms as FormWay, rtn: rtn.forms as FormWay }

async function valuesOf(layer: LayerAtHand, method: keyof typeof ways, bits: number, attentionBits = '4'): Promise<LayerValues> {
  const plan = await ways[method].plan(formInput(layer.shape, { kind: 'expert-bits', bits }, { parameters: { attentionBits } }))
  expect(plan.rounding).toBe(method === 'gptq' ? 'feedback' : 'nearest')
  return ways[method].apply(layer, taskOf(plan, layer.index))
}

describe('gptq', () => {
  it("loses less of the layer's output than rounding to the nearest", { timeout: 60_000 }, async () => {
    await visitLayers(
      await temporaryFolder(),
      {},
      async (layer) => {
        for (const bits of [2, 3]) {
          const [fed, nearest] = [
            await layerLoss(layer, await valuesOf(layer, 'gptq', bits)),
            await layerLoss(layer, await valuesOf(layer, 'rtn', bits)),
          ]
          expect(fed).toBeLessThan(nearest)
        }
      },
      4,
      128,
    )
  })

  it("rounds to the nearest where the second moments can't be factored", { timeout: 60_000 }, async () => {
    await visitLayers(await temporaryFolder(), {}, async (layer) => {
      if (layer.index > 0) return
      const broken = brokenMoments(layer)
      expect(await valuesOf(broken, 'gptq', 3)).toEqual(await valuesOf(layer, 'rtn', 3))
    })
  })

  it('packs experts that no token was routed to', { timeout: 60_000 }, async () => {
    await visitLayers(
      await temporaryFolder(),
      { experts: 32, expertWidth: 32 },
      async (layer) => {
        const unseen = Array.from({ length: 32 }, (_, expert) => layer.gatesOf(expert).length).filter((count) => count === 0)
        expect(unseen.length).toBeGreaterThan(0)
        const values = await valuesOf(layer, 'gptq', 2)
        expect(values.expertGate?.kind === 'packed' ? values.expertGate.matrices.length : 0).toBe(32)
        expect(await layerLoss(layer, values)).toBeGreaterThan(0)
      },
      1,
      8,
    )
  })

  it('stops when told', { timeout: 60_000 }, async () => {
    await visitLayers(await temporaryFolder(), {}, async (layer) => {
      const plan = await ways.gptq.plan(formInput(layer.shape, { kind: 'expert-bits', bits: 3 }))
      const stopped = new AbortController()
      stopped.abort(new Error('enough'))
      const aborted = delegate(layer, { signal: stopped.signal })
      expect(await failureOf(() => ways.gptq.apply(aborted, taskOf(plan, 0)))).toMatchObject({ message: 'enough' })
    })
  })

  it('plans GGUF as uniform does, to be rounded with feedback', async () => {
    const plan = await gptq.blocks?.plan({ ...planInput(SMALL, 0), limit: { kind: 'bytes', bytes: 800_000 } })
    expect(plan?.rounding).toBe('feedback')
    expect(new Set(plan?.cells.filter((cell) => cell.action === 'encode').map((cell) => cell.detail)).size).toBe(1)
  })

  it.skipIf(!existsSync(TRAINED_MODEL))(
    'loses less than rounding to the nearest on a trained layer (needs ../shared)',
    { timeout: 300_000 },
    async () => {
      await visitTrainedLayer(
        async (whole) => {
          // Four experts are enough to tell.
          const layer = delegate(whole, { shape: { ...whole.shape, experts: 4 } })
          expect(await layerLoss(layer, await valuesOf(layer, 'gptq', 2, 'keep'))).toBeLessThan(
            0.9 * (await layerLoss(layer, await valuesOf(layer, 'rtn', 2, 'keep'))),
          )
        },
        1,
        2048,
      )
    },
  )
})
