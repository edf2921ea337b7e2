import { onScopeDispose, shallowRef, type ShallowRef } from 'vue'
import { readRamp, type Rgb } from './heat-colors.ts'
import { SERIES_INKS } from './run-marks.ts'

/** The theme's colors as a chart takes them; a canvas cannot resolve their names. */
export interface ChartInks {
  readonly ink: string
  readonly text: string
  readonly line: string
  readonly grid: string
  readonly surface: string
  readonly accent: string
  readonly font: string
  /** How many times the normal size people want their text. */
  readonly scale: number
  readonly series: ReadonlyMap<string, string>
}

const css = (color: Rgb | undefined): string => `rgb(${(color ?? [0, 0, 0]).join(',')})`

/** Reads them where `host` stands. */
function readChartInks(host: HTMLElement): ChartInks {
  const [ink, text, line, grid, surface, accent] = readRamp(host, ['--ink', '--ink-2', '--line-strong', '--line', '--surface', '--accent'])
  const series = readRamp(host, SERIES_INKS)
  return {
    ink: css(ink),
    text: css(text),
    line: css(line),
    grid: css(grid),
    surface: css(surface),
    accent: css(accent),
    font: getComputedStyle(host).fontFamily,
    scale: (parseFloat(getComputedStyle(document.documentElement).fontSize) || 16) / 16,
    series: new Map(SERIES_INKS.map((name, index) => [name, css(series[index])])),
  }
}

/** The light theme's colors, whatever is shown: for pictures that leave the app. A test holds them to the theme. */
export const PRINT_INKS: ChartInks = {
  ink: '#1e1d1a',
  text: '#4d4a43',
  line: '#8d887b',
  grid: '#e1ded5',
  surface: '#ffffff',
  accent: '#17624f',
  font: 'system-ui, sans-serif',
  scale: 1,
  series: new Map([
    ['--series-1', '#17624f'],
    ['--series-2', '#a34a00'],
    ['--series-3', '#3d4fb8'],
    ['--series-4', '#a12c6b'],
    ['--series-5', '#1a6c8c'],
    ['--series-6', '#6b5a00'],
  ]),
}

/** The colors now, read again whenever the theme changes. */
export function useChartInks(): ShallowRef<ChartInks> {
  const read = (): ChartInks => readChartInks(document.body)
  const inks = shallowRef(read())
  const again = (): void => {
    inks.value = read()
  }
  const themes = new MutationObserver(again)
  themes.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme', 'class', 'style'] })
  const dark = matchMedia('(prefers-color-scheme: dark)')
  dark.addEventListener('change', again)
  onScopeDispose(() => {
    themes.disconnect()
    dark.removeEventListener('change', again)
  })
  return inks
}
