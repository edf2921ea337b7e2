import { describe, expect, it } from 'vitest'
import { costOf, errorOf, unitOf, worthOf } from '../../../src-renderer/compare/axes.ts'
import { commonContext, entriesOf, memoryAt, type Entry } from '../../../src-renderer/compare/entries.ts'
import { layerLine } from '../../../src-renderer/compare/layer-lines.ts'
import { difference, mapValues } from '../../../src-renderer/compare/map-values.ts'
import { canBeLog, paretoInput, pointsOf } from '../../../src-renderer/compare/pareto-input.ts'
import { settingRows, valueWords } from '../../../src-renderer/compare/settings-rows.ts'
import { judgedGroups, shareAxis } from '../../../src-renderer/compare/shared-axis.ts'
import { sharedRange } from '../../../src-renderer/charts/expert-map.ts'
import { fakeMaps } from '../fake/fake-compare.ts'
import { FAKE_METHODS } from '../fake/fake-methods.ts'
import { fakeRun, type FakeRunOptions } from '../fake/fake-runs.ts'

const GIB = 2 ** 30
const use = (contextTokens: number, totalBytes: number) => ({
  contextTokens,
  weightsBytes: 0,
  kvCacheBytes: 0,
  computeBytes: 0,
  totalBytes,
})
const done = (id: string, more: Partial<FakeRunOptions> = {}) => ({
  detail: fakeRun({ id, large: true, state: 'done', stage: 'report', hoursAgo: 1, ...more }),
  memory: [use(4096, 5 * GIB), use(16_384, 6 * GIB), use(32_768, 8 * GIB)],
})
const entries = (...runs: ReturnType<typeof done>[]): Entry[] => entriesOf(runs)
const one = (...runs: ReturnType<typeof done>[]): Entry => {
  const [entry] = entries(...runs)
  if (!entry) throw new Error('The fake run has no report')
  return entry
}

describe('the runs compared', () => {
  it('are the finished ones, marked in the order of choosing', () => {
    const marked = entries(
      done('x'),
      { ...done('y'), detail: fakeRun({ id: 'y', state: 'planned', stage: 'plan', hoursAgo: 1 }) },
      done('z'),
    )
    expect(marked.map((entry) => [entry.id, entry.mark.letter])).toEqual([
      ['x', 'A'],
      ['z', 'B'],
    ])
  })

  it('are compared at 16k tokens, or as far as all of them go', () => {
    const short = { ...done('s'), memory: [use(4096, 1)] }
    expect(commonContext(entries(done('x'), done('y')))).toBe(16_384)
    expect(commonContext(entries(done('x'), short))).toBe(4096)
    expect(commonContext(entries(done('x'), { ...done('n'), memory: [] }))).toBeNull()
    expect(commonContext([])).toBeNull()
    expect(memoryAt(one(done('x')), 16_384)).toBe(6 * GIB)
    expect(memoryAt(one(done('x')), null)).toBeNull()
  })
})

describe('the axes', () => {
  it('read every cost and worth from the report', () => {
    const entry = one(done('x'))
    const { quality } = entry.report
    expect([costOf(entry, 'size', null), costOf(entry, 'memory', 16_384), costOf(entry, 'time', null)]).toEqual([
      entry.report.file.bytes,
      6 * GIB,
      entry.report.seconds,
    ])
    expect([worthOf(entry, 'divergence'), worthOf(entry, 'agreement')]).toEqual([quality.klDivergence.mean, quality.topOneAgreement])
    expect(worthOf(entry, 'ratio')).toBeCloseTo(quality.perplexity.shrunk / quality.perplexity.original, 12)
    expect([errorOf(entry, 'divergence'), errorOf(entry, 'agreement')]).toEqual([quality.klDivergence.standardError, null])
  })

  it('count in units whose ticks are round', () => {
    expect(unitOf('size', [12e9, 4e6])).toEqual({ divide: 1e9, name: 'GB' })
    expect(unitOf('size', [4e6])).toEqual({ divide: 1e6, name: 'MB' })
    expect(unitOf('memory', [3 * GIB])).toEqual({ divide: GIB, name: 'GiB' })
    expect([unitOf('time', [50]).name, unitOf('time', [600]).name, unitOf('time', [9000]).name, unitOf('time', []).name]).toEqual([
      's',
      'min',
      'h',
      's',
    ])
  })

  it('leave out a run whose cost is not known, and take powers of ten only of losses', () => {
    const both = entries(done('x'), { ...done('y'), memory: [] })
    expect(pointsOf(both, 'memory', 'divergence', 16_384).map(({ entry }) => entry.id)).toEqual(['x'])
    const shown = pointsOf(both, 'size', 'divergence', null)
    expect([
      canBeLog(shown, 'divergence'),
      canBeLog(shown, 'agreement'),
      canBeLog([], 'divergence'),
      canBeLog(
        shown.map((each) => ({ ...each, worth: 0 })),
        'divergence',
      ),
    ]).toEqual([true, false, false, false])
    const input = paretoInput(shown, { cost: 'size', worth: 'divergence', log: false, context: null })
    expect(input.points[0]?.x).toBeCloseTo(shown[0] ? shown[0].cost / 1e9 : NaN, 9)
    expect(input.titles.x).toContain('GB')
    expect(input.lossless.words).toContain('61.1 GB')
  })
})

describe('the quality axis', () => {
  const other = { heldOut: 'other', tokenizer: 'c2'.repeat(32) }
  const mixed = entries(
    done('a', { judgedOn: other }),
    done('b'),
    done('c'),
    done('d', { judgedOn: { heldOut: 'b1'.repeat(32), tokenizer: 'else' } }),
    done('e', { judgedOn: null }),
    done('f', { judgedOn: null }),
  )

  it('is shared by runs judged on the same text and tokenizer; the others stand apart, each with its reason', () => {
    const { on, apart } = shareAxis(mixed, null)
    expect(on.map((entry) => entry.id)).toEqual(['b', 'c'])
    expect(apart.map(({ entry, reason }) => [entry.id, reason])).toEqual([
      ['a', 'text'],
      ['d', 'tokenizer'],
      ['e', 'unknown'],
      ['f', 'unknown'],
    ])
  })

  it('can be that of another group, and an unknown one is like no other', () => {
    const groups = judgedGroups(mixed)
    expect(groups.map((group) => group.entries.map((entry) => entry.id).join(''))).toEqual(['bc', 'a', 'd', 'e', 'f'])
    expect(shareAxis(mixed, groups[1]?.key ?? null).on.map((entry) => entry.id)).toEqual(['a'])
    expect(shareAxis(mixed, 'no such text').on.map((entry) => entry.id)).toEqual(['b', 'c'])
    expect(shareAxis([], null)).toEqual({ on: [], apart: [], key: null })
  })
})

describe('settings', () => {
  const rows = settingRows(
    entries(done('a', { percent: 30 }), done('b', { percent: 40, recipe: { seed: 3, parameters: { keepOriginal: false } } })),
    FAKE_METHODS,
  )

  it('differ where two runs do, in words', () => {
    expect(rows.filter((row) => row.differs).map((row) => row.id)).toEqual(['budget', 'parameter-keepOriginal', 'seed'])
    expect(rows.find((row) => row.id === 'parameter-keepOriginal')).toMatchObject({ label: 'Keep original', values: ['yes', 'no'] })
    expect(rows.find((row) => row.id === 'budget')?.values).toEqual(['30% of the original', '40% of the original'])
  })

  it('of a method this version does not know are still told', () => {
    const [row] = settingRows(entries(done('a', { recipe: { parameters: { strange: [1, 2.5] } } })), []).filter(
      (each) => each.id === 'parameter-strange',
    )
    expect(row?.values).toEqual(['1, 2.5'])
    expect([valueWords(undefined), valueWords(true), valueWords('auto'), valueWords({ a: 1 }), valueWords([])]).toEqual([
      '–',
      'yes',
      'auto',
      '{"a":1}',
      '–',
    ])
  })
})

describe('numbers by layer', () => {
  it('add up to every byte of the layers', () => {
    const entry = one(done('x'))
    const inLayers = entry.detail.plan?.cells.filter((cell) => cell.layer !== null).reduce((sum, cell) => sum + cell.bytes, 0)
    expect(layerLine(entry, 'bytes').reduce<number>((sum, bytes) => sum + (bytes ?? 0), 0)).toBe(inLayers)
  })

  it('are the mean error by size, and nothing where nothing was judged', () => {
    const entry = one(done('x'))
    const audit = [
      { layer: 2, weights: 30, relativeError: 0.1 },
      { layer: 2, weights: 10, relativeError: 0.3 },
      { layer: null, weights: 5, relativeError: 1 },
      { layer: 0, weights: 1, relativeError: 0.2 },
    ]
    const line = layerLine(
      {
        ...entry,
        report: {
          ...entry.report,
          audit: audit.map((row) => ({ tensor: 't', role: 'query', from: 'BF16', to: 'Q4_K', bytes: 1, ...row })),
        },
      },
      'error',
    )
    expect(line).toEqual([expect.closeTo(0.2), null, expect.closeTo(0.15)])
  })
})

describe('numbers by expert', () => {
  const packed = done('p', { recipe: { method: 'mc', format: 'safetensors', budget: { kind: 'bits', bitsPerWeight: 2.5 } } })
  const factored = done('m', { recipe: { method: 'mobe', budget: { kind: 'remove', percent: 40 } } })
  const file = done('f')

  it('are shared where a file keeps the experts of a layer together', () => {
    const entry = one(file)
    const bits = mapValues('bits', entry, null)
    expect([bits?.layers, bits?.experts]).toEqual([48, 128])
    expect(bits?.at(7, 3)).toBe(bits?.at(7, 90))
    const cells =
      entry.detail.plan?.cells.filter((cell) => cell.layer === 7 && cell.role.startsWith('expert') && cell.role !== 'expertNorm') ?? []
    expect(bits?.at(7, 3)).toBeCloseTo(
      (8 * cells.reduce((sum, cell) => sum + cell.bytes, 0)) / cells.reduce((sum, cell) => sum + cell.weights, 0),
      9,
    )
    expect(mapValues('error', entry, null)?.at(0, 0)).toBeGreaterThan(0)
  })

  it("are each expert's own where it has its own, and missing where they mean nothing", () => {
    expect(mapValues('bits', one(packed), null)?.at(1, 3)).not.toBe(mapValues('bits', one(packed), null)?.at(1, 4))
    expect([mapValues('rank', one(packed), null), mapValues('bits', one(factored), null)]).toEqual([null, null])
    expect(mapValues('rank', one(factored), null)?.at(0, 0)).toBeGreaterThan(0)
    expect([mapValues('usage', one(file), null), mapValues('saliency', one(file), { usage: null, saliency: null })]).toEqual([null, null])
  })

  it("are shares of a layer's tokens, whatever the length of the text", () => {
    const usage = mapValues('usage', one(file), {
      usage: [
        [1, 3],
        [0, 0],
      ],
      saliency: null,
    })
    expect([usage?.at(0, 1), usage?.at(1, 0)]).toEqual([0.75, NaN])
  })

  it('of two runs are one minus the other, on one scale', () => {
    const [a, b] = [mapValues('saliency', one(file), fakeMaps(file.detail)), mapValues('saliency', one(packed), fakeMaps(packed.detail))]
    if (!a || !b) throw new Error('The fake has no maps')
    expect(difference(a, b)?.at(3, 5)).toBeCloseTo(a.at(3, 5) - b.at(3, 5), 12)
    const range = sharedRange([a, b])
    expect(range.low).toBeLessThanOrEqual(a.at(3, 5))
    expect(range.high).toBeGreaterThanOrEqual(b.at(3, 5))
    expect(difference(a, { ...b, experts: 64 })).toBeNull()
  })
})
