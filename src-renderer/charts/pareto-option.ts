import type { CustomSeriesOption, LineSeriesOption, ScatterSeriesOption } from 'echarts/charts'
import type { GridComponentOption, TitleComponentOption } from 'echarts/components'
import type { ComposeOption } from 'echarts/core'
import type { ChartInks } from './chart-inks.ts'
import { paretoFrontier } from './pareto.ts'
import type { RunMark } from './run-marks.ts'

export type ChartOption = ComposeOption<
  ScatterSeriesOption | LineSeriesOption | CustomSeriesOption | GridComponentOption | TitleComponentOption
>

/** A run on the chart: cost in the axis's unit, worth, and its standard error where there is one. */
export interface ParetoPoint {
  readonly id: string
  readonly mark: RunMark
  readonly x: number
  readonly y: number
  readonly error: number | null
}

export interface ParetoInput {
  readonly points: readonly ParetoPoint[]
  readonly better: 'lower' | 'higher'
  /** Logarithmic quality axis. */
  readonly log: boolean
  /** What the original is worth, and what that line says. */
  readonly lossless: { readonly y: number; readonly words: string }
  readonly titles: { readonly x: string; readonly y: string }
  readonly sayX: (value: number) => string
  readonly sayY: (value: number) => string
  /** The run looked at. */
  readonly active: string | null
  /** Lines above and below the plot, for pictures that stand alone. */
  readonly caption?: { readonly above: string; readonly below: readonly string[] }
}

/** Where an axis of these values begins and ends: a little beyond them. */
export function extentOf(values: readonly number[], pad = 0.12): { min: number; max: number } {
  const [low, high] = [Math.min(...values), Math.max(...values)]
  const room = (high - low || Math.abs(high) || 1) * pad
  return { min: low - room, max: high + room }
}

/** The quality axis: from the original's own value on, or by powers of ten. */
function qualityExtent({ points, log, lossless, better }: ParetoInput): { min: number; max: number } {
  const ends = points.flatMap(({ y, error }) => [y - (error ?? 0), y + (error ?? 0)])
  if (!log) {
    const { min, max } = extentOf([lossless.y, ...ends])
    return better === 'lower' ? { min: lossless.y, max } : { min, max: lossless.y }
  }
  const positive = ends.filter((end) => end > 0)
  return { min: 10 ** Math.floor(Math.log10(Math.min(...positive))), max: 10 ** Math.ceil(Math.log10(Math.max(...positive))) }
}

/** Cost against quality: the runs, how sure their quality is, the frontier nobody beats, and the original's own quality as a line. */
export function paretoOption(input: ParetoInput, inks: ChartInks): ChartOption {
  const { points, titles, sayX, sayY, caption } = input
  const x = { ...extentOf(points.map((point) => point.x)) }
  const y = qualityExtent(input)
  const text = { color: inks.text, fontFamily: inks.font, fontSize: 12 * inks.scale }
  const axis = {
    axisLine: { lineStyle: { color: inks.line } },
    axisTick: { show: false },
    splitLine: { lineStyle: { color: inks.grid } },
    nameTextStyle: { ...text, fontWeight: 600 as const },
    nameLocation: 'middle' as const,
  }
  return {
    animation: false,
    backgroundColor: caption ? inks.surface : 'transparent',
    textStyle: text,
    ...(caption
      ? {
          title: [
            { text: caption.above, left: 16, top: 12, textStyle: { ...text, fontSize: 16, color: inks.ink } },
            { text: caption.below.join('\n'), left: 16, bottom: 12, textStyle: { ...text, fontWeight: 400, lineHeight: 18 } },
          ],
        }
      : {}),
    grid: {
      left: 72 * inks.scale,
      right: 24,
      top: caption ? 56 : 20,
      bottom: 56 * inks.scale + (caption ? caption.below.length * 18 + 16 : 0),
      containLabel: false,
    },
    xAxis: {
      ...axis,
      type: 'value',
      ...x,
      name: titles.x,
      nameGap: 34 * inks.scale,
      axisLabel: { ...text, formatter: sayX, showMinLabel: false, showMaxLabel: false, hideOverlap: true },
    },
    yAxis: {
      ...axis,
      type: input.log ? 'log' : 'value',
      ...y,
      minorSplitLine: { show: input.log, lineStyle: { color: inks.grid, opacity: 0.5 } },
      name: titles.y,
      nameGap: 56 * inks.scale,
      axisLabel: {
        ...text,
        formatter: sayY,
        hideOverlap: true,
        ...(input.log ? {} : { showMaxLabel: input.better === 'higher', showMinLabel: input.better === 'lower' }),
      },
    },
    series: [
      losslessLine(input, x, y, inks),
      frontierLine(input, inks),
      errorBars(points, y, inks),
      ...points.map((point) => runPoint(point, input.active === point.id, inks)),
    ],
  }
}

function losslessLine(
  { lossless, log }: ParetoInput,
  x: { min: number; max: number },
  y: { min: number; max: number },
  inks: ChartInks,
): LineSeriesOption {
  const at = log ? Math.max(lossless.y, y.min) : lossless.y
  const below = at >= y.max
  return {
    type: 'line',
    data: [
      [x.min, at],
      [x.max, at],
    ],
    symbol: 'none',
    silent: true,
    lineStyle: { color: inks.text, width: 1.5, type: [3, 3] },
    endLabel: {
      show: true,
      formatter: lossless.words,
      color: inks.text,
      fontFamily: inks.font,
      fontSize: 12 * inks.scale,
      align: 'right',
      verticalAlign: below ? 'top' : 'bottom',
      offset: [-8, below ? 6 : -4],
    },
  }
}

function frontierLine({ points, better }: ParetoInput, inks: ChartInks): LineSeriesOption {
  const frontier = paretoFrontier(points, better).flatMap((index) => points[index] ?? [])
  return {
    type: 'line',
    step: 'end',
    data: frontier.map(({ x, y }) => [x, y]),
    symbol: 'none',
    silent: true,
    lineStyle: { color: inks.accent, width: 2 },
    z: 1,
  }
}

function errorBars(points: readonly ParetoPoint[], extent: { min: number }, inks: ChartInks): CustomSeriesOption {
  const known = points.filter((point) => point.error !== null && point.error > 0)
  const renderItem: NonNullable<CustomSeriesOption['renderItem']> = (_params, api) => {
    const [x, low, high] = [Number(api.value(0)), Number(api.value(1)), Number(api.value(2))]
    const [[cx = 0, top = 0], [, bottom = 0]] = [api.coord([x, high]), api.coord([x, low])]
    const stroke = { stroke: String(api.visual('color')), lineWidth: 1.5, fill: undefined }
    const line = (x1: number, y1: number, x2: number, y2: number) => ({ type: 'line' as const, shape: { x1, y1, x2, y2 }, style: stroke })
    return { type: 'group', children: [line(cx, top, cx, bottom), line(cx - 5, top, cx + 5, top), line(cx - 5, bottom, cx + 5, bottom)] }
  }
  return {
    type: 'custom',
    renderItem,
    silent: true,
    z: 2,
    data: known.map(({ x, y, error, mark }) => ({
      value: [x, Math.max(y - (error ?? 0), extent.min), y + (error ?? 0)],
      itemStyle: { color: inks.series.get(mark.ink) ?? inks.ink },
    })),
  }
}

function runPoint({ id, mark, x, y }: ParetoPoint, active: boolean, inks: ChartInks): ScatterSeriesOption {
  const color = inks.series.get(mark.ink) ?? inks.ink
  return {
    type: 'scatter',
    id,
    name: mark.letter,
    data: [{ value: [x, y] }],
    symbol: `path://${mark.shape}`,
    symbolSize: (active ? 20 : 14) * inks.scale,
    z: 3,
    cursor: 'default',
    itemStyle: { color, opacity: 1, borderColor: active ? inks.ink : inks.surface, borderWidth: active ? 2 : 1 },
    label: {
      show: true,
      formatter: mark.letter,
      position: 'right',
      distance: 4,
      offset: [0, -12],
      color: inks.ink,
      fontFamily: inks.font,
      fontSize: 13 * inks.scale,
      fontWeight: active ? 700 : 600,
      textBorderColor: inks.surface,
      textBorderWidth: 3,
    },
  }
}
