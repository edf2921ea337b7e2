import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { collectStatistics } from '../../src-main/calibration/collect.ts'
import { measureEncodeErrors } from '../../src-main/calibration/encode-errors.ts'
import type { EncodeErrors } from '../../src-main/calibration/encode-errors.ts'
import type { ErrorCost } from '../../src-main/calibration/error-table.ts'
import { importanceFor } from '../../src-main/calibration/importance.ts'
import { replaceTensor } from '../../src-main/calibration/replace-tensor.ts'
import { predictDivergence } from '../../src-main/calibration/sensitivity.ts'
import type { ModelStatistics } from '../../src-main/calibration/statistics.ts'
import { sourcesOf, storedTensors } from '../../src-main/calibration/stored-tensors.ts'
import { openForward } from '../../src-main/forward/forward.ts'
import { cloneHidden } from '../../src-main/forward/hidden.ts'
import type { Hidden } from '../../src-main/forward/hidden.ts'
import { referenceKernels } from '../../src-main/kernels/reference.ts'
import { evaluate } from '../../src-main/report/evaluate.ts'
import type { GgmlTypeName } from '../../src-main/tensor/ggml-type.ts'
import { memoryTensor, randomModel, randomWindows, TINY_SHAPE } from '../forward/tiny-model.ts'

const shape = { ...TINY_SHAPE, hidden: 64, expertWidth: 64, headSize: 16 }
const model = randomModel(shape)
const windows = randomWindows(shape.vocabulary, [64, 64, 64, 64])
const types: GgmlTypeName[] = ['Q8_0', 'Q4_0']
const forward = openForward({ device: 'cpu', threads: 1 })
afterAll(() => forward.close())

/** The model with one tensor as it would come back from a file. */
async function storedAs(statistics: ModelStatistics, name: string, type: GgmlTypeName) {
  const tensor = storedTensors(model).find((one) => one.name === name)
  if (tensor === undefined) throw new Error(`no tensor ${name}`)
  const values = await Promise.all(
    sourcesOf(model, tensor).map(async (source, expert) => {
      const importance = importanceFor(statistics, tensor, expert)
      const bytes = referenceKernels.encode(type, await source.read(), tensor.columns, importance)
      return memoryTensor(source.name, source.shape, referenceKernels.decode(type, bytes, tensor.columns))
    }),
  )
  return replaceTensor(model, tensor, values)
}

/** Mean ||a - b||^2 / ||a||^2 over the stream. */
function relativeDifference(a: Hidden, b: Hidden): number {
  const power = a.data.reduce((sum, value) => sum + value * value, 0)
  return a.data.reduce((sum, value, at) => sum + (value - (b.data[at] as number)) ** 2, 0) / power
}

/** Divergence predicted of one tensor alone. */
function alone(cost: ErrorCost | undefined): number {
  return cost === undefined ? Number.NaN : cost.smooth + Math.sqrt(cost.switching)
}

describe('encode errors', () => {
  let statistics: ModelStatistics
  let errors: EncodeErrors

  beforeAll(async () => {
    statistics = await collectStatistics(forward, model, windows)
    errors = await measureEncodeErrors(model, statistics, referenceKernels, { types, rowsPerTensor: 1e9, seed: 0 })
  })

  it('covers every matrix that may be encoded, and more bits always err less', () => {
    const encoded = storedTensors(model).filter((tensor) => !tensor.keptInF32)
    expect(Object.keys(errors).toSorted()).toEqual(encoded.map((tensor) => tensor.name).toSorted())
    for (const [name, found] of Object.entries(errors)) {
      expect(found.Q8_0, name).toBeGreaterThan(0)
      expect(found.Q4_0, name).toBeGreaterThan(20 * (found.Q8_0 as number))
    }
  })

  it.each([
    ['blk.0.ffn_down_exps.weight', 0.75, 1.35],
    ['blk.0.ffn_up_exps.weight', 0.6, 1.6],
    ['blk.0.ffn_gate_exps.weight', 0.3, 3],
  ])('predicts what %s really does to the stream after its layer', async (name, least, most) => {
    const hidden = await forward.embed(model, windows)
    const changed = cloneHidden(hidden)
    await forward.runLayer(model, 0, hidden)
    await forward.runLayer(await storedAs(statistics, name, 'Q4_0'), 0, changed)
    const ratio = (errors[name]?.Q4_0 as number) / relativeDifference(hidden, changed)
    expect(ratio).toBeGreaterThan(least)
    expect(ratio).toBeLessThan(most)
  })

  it('comes near the whole from a third of the rows, by the seed alone', async () => {
    const options = { types, rowsPerTensor: 128, seed: 3 }
    const sampled = await measureEncodeErrors(model, statistics, referenceKernels, options)
    for (const [name, found] of Object.entries(sampled))
      expect((found.Q4_0 as number) / (errors[name]?.Q4_0 as number), name).toBeCloseTo(1, 0)
    expect(await measureEncodeErrors(model, statistics, referenceKernels, options)).toEqual(sampled)
  })

  it('measures the divergence of each tensor alone, as the report would', async () => {
    const table = await predictDivergence({ forward, model, statistics, kernels: referenceKernels, windows, errors }, { probes: ['Q4_0'] })
    expect(table.sensitivity).toBe('measured-kl')
    for (const name of ['token_embd.weight', 'output.weight', 'blk.0.attn_v.weight', 'blk.1.ffn_down_exps.weight']) {
      const quality = await evaluate(forward, model, await storedAs(statistics, name, 'Q4_0'), windows)
      const predicted = alone(table.tensors[name]?.Q4_0)
      expect(predicted / quality.klDivergence.mean, name).toBeGreaterThan(0.9)
      expect(predicted / quality.klDivergence.mean, name).toBeLessThan(1.1)
      expect(alone(table.tensors[name]?.Q8_0), name).toBeLessThan(predicted / 4)
    }
  })

  it('says so when a model is too large to measure', async () => {
    const table = await predictDivergence({ forward, model, statistics, kernels: referenceKernels, windows, errors }, { mostWork: 1 })
    expect(table.sensitivity).toBe('output-power')
    expect(Object.keys(table.tensors)).toEqual(
      storedTensors(model)
        .filter((tensor) => !tensor.keptInF32)
        .map((tensor) => tensor.name),
    )
  })

  it('stops when told to', async () => {
    const stopped = { types, rowsPerTensor: 8, seed: 0, signal: AbortSignal.abort(new Error('stopped')) }
    await expect(measureEncodeErrors(model, statistics, referenceKernels, stopped)).rejects.toThrow('stopped')
  })
})
