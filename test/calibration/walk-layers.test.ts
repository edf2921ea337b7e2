import { describe, expect, it } from 'vitest'
import type { LayerAtHand } from '../../src-main/calibration/layer-at-hand.ts'
import { meanMoment, outerSum, shrunkMoment } from '../../src-main/calibration/second-moments.ts'
import { walkLayers } from '../../src-main/calibration/walk-layers.ts'
import { openForward } from '../../src-main/forward/forward.ts'
import type { Forward } from '../../src-main/forward/forward.ts'
import { referenceKernels } from '../../src-main/kernels/reference.ts'
import { openCheckpoint } from '../../src-main/model/open-checkpoint.ts'
import type { MoeModel } from '../../src-main/model/moe-model.ts'
import { temporaryFolder } from '../fixtures/temporary-folder.ts'
import { TINY_SHAPE, writeTinyCheckpoint } from '../fixtures/tiny-checkpoint.ts'

/** Tokens that count for the layer's mean in an expert's moment. */
const LEANING = 256
const windows = [0, 1].map((w) => Int32Array.from({ length: 24 }, (_, i) => (i * 37 + w * 11) % TINY_SHAPE.vocabulary))

async function withTiny<R>(work: (forward: Forward, model: MoeModel) => Promise<R>): Promise<R> {
  const folder = await temporaryFolder()
  await writeTinyCheckpoint(folder)
  const { model } = await openCheckpoint(folder)
  const forward = openForward({ device: 'cpu', threads: 1 })
  try {
    return await work(forward, model)
  } finally {
    await forward.close()
    await model.close()
  }
}

async function layersOf(forward: Forward, model: MoeModel, from = 0, attention = true): Promise<LayerAtHand[]> {
  const layers: LayerAtHand[] = []
  const options = { kernels: referenceKernels, signal: new AbortController().signal, from, attention }
  for await (const layer of walkLayers(forward, model, windows, options)) layers.push(layer)
  return layers
}

/** sum s x x^T, plainly. */
function plainSum(x: Float32Array, columns: number, scales?: Float32Array): Float64Array {
  const sum = new Float64Array(columns * columns)
  for (let row = 0; row * columns < x.length; row++) {
    for (let i = 0; i < columns; i++) {
      for (let j = 0; j < columns; j++)
        sum[i * columns + j] =
          (sum[i * columns + j] ?? 0) + (scales?.[row] ?? 1) * (x[row * columns + i] ?? 0) * (x[row * columns + j] ?? 0)
    }
  }
  return sum
}

function expectClose(found: ArrayLike<number>, wanted: ArrayLike<number>): void {
  const scale = Math.max(...Array.from(wanted, Math.abs), 1e-12)
  expect(Math.max(...Array.from(found, (value, i) => Math.abs(value - (wanted[i] ?? Number.NaN)))) / scale).toBeLessThan(1e-5)
}

describe('walkLayers', () => {
  it('stops at every layer with the rows of every expert, its gates and weights', async () => {
    await withTiny(async (forward, model) => {
      const layers = await layersOf(forward, model)
      expect(layers.map((layer) => layer.index)).toEqual([0, 1])
      for (const layer of layers) {
        const counts = model.layers[0]?.experts.map((_, expert) => layer.gatesOf(expert).length) ?? []
        expect(counts.reduce((sum, count) => sum + count, 0)).toBe(layer.tokens * TINY_SHAPE.expertsPerToken)
        for (const [expert, count] of counts.entries()) expect(layer.inputsOf(expert)).toHaveLength(count * TINY_SHAPE.hidden)
        expect(await layer.weights('expertDown', 2)).toEqual(await model.layers[layer.index]?.experts[2]?.down.read())
      }
    })
  })

  it('started at a later layer, gives the same as one that stopped at all', async () => {
    await withTiny(async (forward, model) => {
      const [, second] = await layersOf(forward, model)
      const [late, ...more] = await layersOf(forward, model, 1)
      expect(more).toEqual([])
      expect(late?.inputsOf(1)).toEqual(second?.inputsOf(1))
    })
  })

  it('gives an expert the mean of its own inputs, leaning on its layer by 256 tokens', async () => {
    await withTiny(async (forward, model) => {
      const [layer] = await layersOf(forward, model)
      if (layer === undefined) throw new Error('no layer')
      const experts = Array.from({ length: TINY_SHAPE.experts }, (_, expert) => expert)
      const all = experts.flatMap((expert) => [...layer.gatesOf(expert)])
      const mean = all.reduce((sum, gate) => sum + gate * gate, 0) / all.length
      const own = experts.map((expert) =>
        plainSum(
          layer.inputsOf(expert),
          TINY_SHAPE.hidden,
          layer.gatesOf(expert).map((gate) => gate ** 2 / mean),
        ),
      )
      const total = own.reduce((sum, each) => sum.map((value, i) => value + (each[i] ?? 0)), new Float64Array(TINY_SHAPE.hidden ** 2))
      for (const expert of experts) {
        const n = layer.gatesOf(expert).length
        const wanted = (own[expert] ?? new Float64Array()).map(
          (value, i) => (value + (LEANING * (total[i] ?? 0)) / all.length) / (n + LEANING),
        )
        expectClose(await layer.secondMoment('expertGate', expert), wanted)
        expectClose(await layer.secondMoment('expertUp', expert), wanted)
      }
      expectClose(
        await layer.secondMoment('expertGate', null),
        total.map((value) => value / all.length),
      )
    })
  })

  it('feeds down with what gate and up make of the inputs', async () => {
    await withTiny(async (forward, model) => {
      const [layer] = await layersOf(forward, model)
      if (layer === undefined) throw new Error('no layer')
      let total = new Float64Array(TINY_SHAPE.expertWidth ** 2)
      for (let expert = 0; expert < TINY_SHAPE.experts; expert++) {
        const [gate, up, down] = [
          await layer.weights('expertGate', expert),
          await layer.weights('expertUp', expert),
          await layer.weights('expertDown', expert),
        ]
        const { activated } = await layer.runExpert({ gate, up, down }, layer.inputsOf(expert))
        const own = plainSum(activated, TINY_SHAPE.expertWidth)
        total = total.map((value, i) => value + (own[i] ?? 0))
      }
      expectClose(
        await layer.secondMoment('expertDown', null),
        total.map((value) => value / (layer.tokens * TINY_SHAPE.expertsPerToken)),
      )
    })
  })

  it('has the inputs of attention when asked, and says when it was not', async () => {
    await withTiny(async (forward, model) => {
      const [layer] = await layersOf(forward, model)
      const moment = await layer?.secondMoment('query', null)
      expect(moment).toHaveLength(TINY_SHAPE.hidden ** 2)
      expect(Math.max(...(moment ?? []))).toBeGreaterThan(0)
      expect(await layer?.secondMoment('attentionOutput', null)).toHaveLength((TINY_SHAPE.heads * TINY_SHAPE.headSize) ** 2)
      const [without] = await layersOf(forward, model, 0, false)
      await expect(without?.secondMoment('query', null)).rejects.toThrow(/inputs of attention/)
    })
  })

  it('refuses weights that are no numbers', async () => {
    await withTiny(async (forward, model) => {
      const [layer] = await layersOf(forward, model)
      const broken = {
        ...model,
        layers: model.layers.map((each) => ({
          ...each,
          experts: each.experts.map((expert) => ({
            ...expert,
            up: { ...expert.up, read: async () => (await expert.up.read()).fill(Number.NaN) },
          })),
        })),
      }
      expect(layer?.index).toBe(0)
      await expect((async () => (await layersOf(forward, broken))[0]?.weights('expertUp', 0))()).rejects.toThrow(/tensor-not-finite/)
    })
  })
})

describe('second moments', () => {
  it("an expert nobody was routed to has the layer's mean; a layer nobody saw has zeros", () => {
    const layer = Float64Array.of(8, 2, 2, 4)
    expect([...shrunkMoment(new Float64Array(4), 0, layer, 2)]).toEqual([4, 1, 1, 2])
    expect([...shrunkMoment(new Float64Array(4), 0, new Float64Array(4), 0)]).toEqual([0, 0, 0, 0])
    expect([...meanMoment(new Float64Array(4), 0)]).toEqual([0, 0, 0, 0])
  })

  it('sums outer products of scaled rows', async () => {
    const x = Float32Array.from({ length: 30 }, (_, i) => Math.sin(i))
    const scales = Float32Array.from({ length: 10 }, (_, i) => i / 3)
    const forward = openForward({ device: 'cpu', threads: 1 })
    try {
      expectClose(await outerSum(forward.matrices, x, 3, scales), plainSum(x, 3, scales))
      expectClose(await outerSum(forward.matrices, x, 3, null), plainSum(x, 3))
    } finally {
      await forward.close()
    }
  })
})
