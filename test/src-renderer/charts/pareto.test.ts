import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PRINT_INKS, type ChartInks } from '../../../src-renderer/charts/chart-inks.ts'
import { chartToSvg } from '../../../src-renderer/charts/echarts-parts.ts'
import { linesOption } from '../../../src-renderer/charts/lines-option.ts'
import { paretoOption, type ParetoInput } from '../../../src-renderer/charts/pareto-option.ts'
import { paretoFrontier, type Trade } from '../../../src-renderer/charts/pareto.ts'
import { runMark, SERIES_INKS } from '../../../src-renderer/charts/run-marks.ts'

/** Straight from the definition. */
function unbeaten(trades: readonly Trade[], better: 'lower' | 'higher'): number[] {
  const sign = better === 'lower' ? 1 : -1
  const beats = (a: Trade, b: Trade): boolean => a.x <= b.x && sign * a.y <= sign * b.y && (a.x < b.x || sign * a.y < sign * b.y)
  return trades.flatMap((trade, index) => (trades.some((other) => beats(other, trade)) ? [] : [index]))
}

const some = fc.array(fc.record({ x: fc.integer({ min: 0, max: 12 }), y: fc.integer({ min: -6, max: 6 }) }), { maxLength: 24 })

describe('the frontier', () => {
  it('is every run that no other beats, and nothing else', () => {
    fc.assert(
      fc.property(some, fc.constantFrom('lower' as const, 'higher' as const), (trades, better) => {
        expect([...paretoFrontier(trades, better)].sort((a, b) => a - b)).toEqual(unbeaten(trades, better))
      }),
      { numRuns: 500 },
    )
  })

  it('goes from cheap to dear, and better all the way', () => {
    fc.assert(
      fc.property(some, (trades) => {
        const line = paretoFrontier(trades, 'lower').flatMap((index) => trades[index] ?? [])
        for (const [index, { x, y }] of line.entries()) {
          const before = line[index - 1]
          if (before) expect(before.x <= x && before.y >= y).toBe(true)
        }
      }),
    )
  })

  it('leaves out what has no number', () => {
    expect(
      paretoFrontier(
        [
          { x: NaN, y: 1 },
          { x: 2, y: 3 },
          { x: 1, y: Infinity },
        ],
        'lower',
      ),
    ).toEqual([1])
    expect(paretoFrontier([], 'higher')).toEqual([])
  })
})

describe('marks of runs', () => {
  it('do not repeat color and shape together for 36 runs, nor a letter', () => {
    const marks = Array.from({ length: 36 }, (_, place) => runMark(place))
    expect(new Set(marks.map((mark) => `${mark.ink} ${mark.shape}`)).size).toBe(36)
    expect(new Set(Array.from({ length: 800 }, (_, place) => runMark(place).letter)).size).toBe(800)
    expect([runMark(0).letter, runMark(25).letter, runMark(26).letter, runMark(27).letter]).toEqual(['A', 'Z', 'AA', 'AB'])
  })
})

const INKS: ChartInks = {
  ink: '#111',
  text: '#222',
  line: '#333',
  grid: '#ddd',
  surface: '#fff',
  accent: '#0a0',
  font: 'sans-serif',
  scale: 1,
  series: new Map(SERIES_INKS.map((name, index) => [name, `rgb(${index + 1},2,3)`])),
}
const INPUT: ParetoInput = {
  points: [
    { id: 'a', mark: runMark(0), x: 12, y: 0.08, error: 0.004 },
    { id: 'b', mark: runMark(1), x: 16, y: 0.03, error: 0.002 },
    { id: 'c', mark: runMark(2), x: 17, y: 0.05, error: null },
  ],
  better: 'lower',
  log: false,
  lossless: { y: 0, words: 'The original' },
  titles: { x: 'Size (GB)', y: 'Quality loss' },
  sayX: String,
  sayY: String,
  active: 'b',
}

it("pictures that leave the app have the light theme's colors", () => {
  const tokens = readFileSync('src-renderer/ui/styles/tokens.css', 'utf8')
  const light = (name: string): string | undefined => new RegExp(`${name}: light-dark\\((#[0-9a-f]{6}),`).exec(tokens)?.[1]
  const { ink, text, line, grid, surface, accent, series } = PRINT_INKS
  expect([ink, text, line, grid, surface, accent]).toEqual(
    ['--ink', '--ink-2', '--line-strong', '--line', '--surface', '--accent'].map(light),
  )
  expect([...series]).toEqual(SERIES_INKS.map((name) => [name, light(name)]))
})

describe('the chart of cost and quality', () => {
  const draw = (change: Partial<ParetoInput> = {}) => chartToSvg(paretoOption({ ...INPUT, ...change }, INKS), 800, 400)

  it('draws runs, their letters, the frontier and the original', () => {
    const svg = draw()
    for (const part of ['>A<', '>B<', '>C<', 'The original', 'Size (GB)', 'Quality loss', 'rgb(1,2,3)', 'rgb(2,2,3)', '#0a0'])
      expect(svg).toContain(part)
    expect(paretoOption(INPUT, INKS).series).toMatchObject([
      {},
      {
        data: [
          [12, 0.08],
          [16, 0.03],
        ],
        step: 'end',
      },
      {
        data: [
          { value: [12, expect.closeTo(0.076), expect.closeTo(0.084)] },
          { value: [16, expect.closeTo(0.028), expect.closeTo(0.032)] },
        ],
      },
      {},
      {},
      {},
    ])
  })

  it('begins its quality axis at the original, or at a power of ten', () => {
    expect(paretoOption(INPUT, INKS).yAxis).toMatchObject({ type: 'value', min: 0 })
    expect(paretoOption({ ...INPUT, log: true }, INKS).yAxis).toMatchObject({ type: 'log', min: 0.01, max: 0.1 })
    expect(draw({ log: true })).toContain('The original')
    const higher = paretoOption({ ...INPUT, better: 'higher', lossless: { y: 1, words: 'The original' } }, INKS)
    expect(higher.yAxis).toMatchObject({ max: 1 })
  })

  it('stands alone with a caption, whatever runs are called', () => {
    const svg = draw({ caption: { above: 'Loss <by> size', below: ['A · <script>alert(1)</script>'] } })
    expect(svg).not.toContain('<script>')
    expect(svg).toContain('&lt;script&gt;')
  })

  it('copes with one run, and with runs that cost the same', () => {
    expect(draw({ points: INPUT.points.slice(0, 1) })).toContain('>A<')
    expect(draw({ points: INPUT.points.map((point) => ({ ...point, x: 5 })) })).toContain('>C<')
  })
})

describe('lines over the layers', () => {
  it('leave gaps where nothing is known and are told apart without color', () => {
    const option = linesOption(
      [
        { mark: runMark(0), values: [1, null, 3] },
        { mark: runMark(1), values: [2, 2, 2] },
      ],
      { x: 'Layer', y: 'Size' },
      String,
      INKS,
    )
    expect(option.series).toMatchObject([
      {
        data: [
          [1, 1],
          [2, null],
          [3, 3],
        ],
        connectNulls: false,
        lineStyle: { type: 'solid' },
      },
      { lineStyle: { type: [6, 4] } },
    ])
    expect(chartToSvg(option, 600, 300)).toContain('>B<')
  })
})
