import { NO_OTHER_INPUTS } from '../fixtures/no-other-inputs.ts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { collectStatistics } from '../../src-main/calibration/collect.ts'
import type { LayerStatistics, ModelStatistics } from '../../src-main/calibration/statistics.ts'
import { openForward } from '../../src-main/forward/forward.ts'
import { tokenCount } from '../../src-main/forward/hidden.ts'
import { referenceLayer } from '../forward/reference-layer.ts'
import type { LayerTrace } from '../forward/reference-layer.ts'
import { randomModel, randomWindows, TINY_SHAPE } from '../forward/tiny-model.ts'

const shape = TINY_SHAPE
const model = randomModel()
const lengths = [70, 70, 33]
const windows = randomWindows(shape.vocabulary, lengths)
const tokens = 173
const forward = openForward({ device: 'cpu', threads: 1 })
afterAll(() => forward.close())

const power = (x: Float64Array): number => x.reduce((sum, value) => sum + value * value, 0)
const largest = (x: Float64Array): number => x.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
const columnPower = (rows: readonly Float64Array[], weights: readonly number[], columns: number): Float64Array =>
  Float64Array.from({ length: columns }, (_, j) => rows.reduce((sum, row, t) => sum + (weights[t] ?? 1) * (row[j] as number) ** 2, 0))

/** The statistics of one layer straight from their definitions. */
function expectedStatistics(layer: number, trace: LayerTrace): LayerStatistics {
  const ofExpert = Array.from({ length: shape.experts }, (_, expert) => trace.pairs.filter((pair) => pair.expert === expert))
  const perExpert = (value: (pairs: LayerTrace['pairs']) => number): Float64Array => Float64Array.from(ofExpert, value)
  const columns = (of: 'x' | 'inner', gated: boolean): Float64Array =>
    Float64Array.from(
      ofExpert.flatMap((pairs) => [
        ...columnPower(
          pairs.map((pair) => pair[of]),
          pairs.map((pair) => (gated ? pair.gate ** 2 : 1)),
          of === 'x' ? shape.hidden : shape.expertWidth,
        ),
      ]),
    )
  const sum = (pairs: LayerTrace['pairs'], value: (pair: LayerTrace['pairs'][number]) => number): number =>
    pairs.reduce((total, pair) => total + value(pair), 0)
  const mean = (rows: readonly Float64Array[]): number => rows.reduce((total, row) => total + power(row), 0) / rows.length
  return {
    layer,
    tokens,
    experts: {
      tokens: perExpert((pairs) => pairs.length),
      gateSum: perExpert((pairs) => sum(pairs, ({ gate }) => gate)),
      maxOutput: perExpert((pairs) => pairs.reduce((most, { output }) => Math.max(most, largest(output)), 0)),
      outputNormSum: perExpert((pairs) => sum(pairs, ({ output }) => Math.sqrt(power(output)))),
      gatedOutputNormSum: perExpert((pairs) => sum(pairs, ({ gate, output }) => gate * Math.sqrt(power(output)))),
      input: columns('x', false),
      gatedInput: columns('x', true),
      downInput: columns('inner', false),
      gatedDownInput: columns('inner', true),
    },
    attentionInput: columnPower(trace.attentionInput, [], shape.hidden),
    attentionOutputInput: columnPower(trace.mixed, [], shape.heads * shape.headSize),
    ...NO_OTHER_INPUTS,
    residualPower: mean(trace.after),
    attentionPower: mean(trace.block),
    expertsPower: mean(trace.combined),
  }
}

/** Largest difference of two arrays against the largest expected number. */
function distance(found: Float64Array, wanted: Float64Array): number {
  expect(found.length).toBe(wanted.length)
  return wanted.reduce((most, value, i) => Math.max(most, Math.abs(value - (found[i] as number))), 0) / largest(wanted)
}

describe('calibration statistics', () => {
  const coverage: [number, readonly number[]][] = []
  let found: ModelStatistics
  const wanted: LayerStatistics[] = []
  let lastStream: Float64Array<ArrayBuffer>[] = []

  beforeAll(async () => {
    found = await collectStatistics(forward, model, windows, { onCoverage: (layer, counts) => coverage.push([layer, counts]) })
    const hidden = await forward.embed(model, windows)
    lastStream = Array.from({ length: tokenCount(hidden) }, (_, t) =>
      Float64Array.from(hidden.data.subarray(t * hidden.size, (t + 1) * hidden.size)),
    )
    for (const layer of model.layers) {
      const trace = await referenceLayer(shape, layer, lastStream, lengths)
      wanted.push(expectedStatistics(layer.index, trace))
      lastStream = trace.after
    }
  })

  test.each([
    'tokens',
    'gateSum',
    'maxOutput',
    'outputNormSum',
    'gatedOutputNormSum',
    'input',
    'gatedInput',
    'downInput',
    'gatedDownInput',
  ] as const)('experts: %s equals its definition in every layer', (name) => {
    wanted.forEach((layer, index) =>
      expect(distance((found.layers[index] as LayerStatistics).experts[name], layer.experts[name])).toBeLessThan(
        name === 'tokens' ? 1e-12 : 1e-5,
      ),
    )
  })

  test.each(['attentionInput', 'attentionOutputInput'] as const)('%s equals its definition in every layer', (name) => {
    wanted.forEach((layer, index) => expect(distance((found.layers[index] as LayerStatistics)[name], layer[name])).toBeLessThan(1e-5))
  })

  test.each(['residualPower', 'attentionPower', 'expertsPower'] as const)('%s equals its definition in every layer', (name) => {
    wanted.forEach((layer, index) => expect((found.layers[index] as LayerStatistics)[name] / layer[name]).toBeCloseTo(1, 5))
  })

  test("the output matrix's input equals its definition", async () => {
    const norm = await model.outputNorm.read()
    const normed = lastStream.map((x) => {
      const scale = 1 / Math.sqrt(power(x) / x.length + shape.normEpsilon)
      return x.map((value, i) => value * scale * (norm[i] as number))
    })
    expect(distance(found.outputInput, columnPower(normed, [], shape.hidden))).toBeLessThan(1e-5)
  })

  test('tokens are conserved: k per token, gates of a token sum to 1, ids are counted', () => {
    expect(found.tokens).toBe(tokens)
    for (const layer of found.layers) {
      expect(layer.tokens).toBe(tokens)
      expect(layer.experts.tokens.reduce((sum, n) => sum + n, 0)).toBe(tokens * shape.expertsPerToken)
      expect(layer.experts.gateSum.reduce((sum, g) => sum + g, 0)).toBeCloseTo(tokens, 3)
    }
    windows.forEach((window) => expect(window.length).toBeGreaterThan(0))
    const counts = new Float64Array(shape.vocabulary)
    for (const id of windows.flatMap((window) => [...window])) counts[id] = (counts[id] as number) + 1
    expect(found.tokenCounts).toEqual(counts)
  })

  test('coverage is told once a layer and is what was counted', () => {
    expect(coverage.map(([layer]) => layer)).toEqual([0, 1])
    for (const [layer, counts] of coverage)
      expect(Float64Array.from(counts)).toEqual((found.layers[layer] as LayerStatistics).experts.tokens)
  })

  test('watching a layer does not change it: the stream is the same to the bit', async () => {
    const watched = await forward.embed(model, windows)
    const alone = await forward.embed(model, windows)
    const ignore = { attention: () => {}, routed: () => {}, expert: () => {}, common: () => {}, end: () => {} }
    await forward.runLayer(model, 0, watched, { observer: ignore })
    await forward.runLayer(model, 0, alone)
    expect(watched.data).toEqual(alone.data)
  })

  test('stops when aborted', async () => {
    const reason = new Error('enough')
    await expect(collectStatistics(forward, model, windows, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  })
})
