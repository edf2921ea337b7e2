import type { LineSeriesOption } from 'echarts/charts'
import type { ChartInks } from './chart-inks.ts'
import type { ChartOption } from './pareto-option.ts'
import type { RunMark } from './run-marks.ts'

/** One run's numbers by layer. */
export interface RunLine {
  readonly mark: RunMark
  readonly values: readonly (number | null)[]
}

/** Lines over the layers: told apart by dashes, color and the letter at their end. */
export function linesOption(
  lines: readonly RunLine[],
  titles: { readonly x: string; readonly y: string },
  sayY: (value: number) => string,
  inks: ChartInks,
): ChartOption {
  const text = { color: inks.text, fontFamily: inks.font, fontSize: 12 * inks.scale }
  const axis = {
    axisLine: { lineStyle: { color: inks.line } },
    axisTick: { show: false },
    nameTextStyle: { ...text, fontWeight: 600 as const },
    nameLocation: 'middle' as const,
  }
  const longest = Math.max(1, ...lines.map((line) => line.values.length))
  return {
    animation: false,
    textStyle: text,
    grid: { left: 84 * inks.scale, right: 36 * inks.scale, top: 16, bottom: 52 * inks.scale },
    xAxis: {
      ...axis,
      type: 'value',
      min: 1,
      max: Math.max(2, longest),
      minInterval: 1,
      name: titles.x,
      nameGap: 30 * inks.scale,
      axisLabel: text,
      splitLine: { show: false },
    },
    yAxis: {
      ...axis,
      type: 'value',
      min: 0,
      name: titles.y,
      nameGap: 66 * inks.scale,
      axisLabel: { ...text, formatter: sayY },
      splitLine: { lineStyle: { color: inks.grid } },
    },
    series: lines.map(({ mark, values }): LineSeriesOption => {
      const color = inks.series.get(mark.ink) ?? inks.ink
      return {
        type: 'line',
        id: mark.letter,
        name: mark.letter,
        silent: true,
        symbol: longest <= 12 ? `path://${mark.shape}` : 'none',
        symbolSize: 9,
        connectNulls: false,
        data: values.map((value, layer) => [layer + 1, value]),
        itemStyle: { color },
        lineStyle: { color, width: 2, type: mark.dash.length > 0 ? [...mark.dash] : 'solid' },
        endLabel: {
          show: true,
          formatter: mark.letter,
          color: inks.ink,
          fontWeight: 650,
          fontFamily: inks.font,
          fontSize: 12 * inks.scale,
        },
      }
    }),
  }
}
