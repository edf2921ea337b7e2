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
  readonly series: ReadonlyMap<string, string>
}

const css = (color: Rgb | undefined): string => `rgb(${(color ?? [0, 0, 0]).join(',')})`

/** Reads them where `host` stands; `scheme` asks for the light or the dark ones whatever is shown. */
export function readChartInks(host: HTMLElement, scheme?: 'light' | 'dark'): ChartInks {
  const place = document.createElement('span')
  if (scheme) place.style.colorScheme = scheme
  host.append(place)
  try {
    const [ink, text, line, grid, surface, accent] = readRamp(place, ['--ink', '--ink-2', '--line-strong', '--line', '--surface', '--accent'])
    const series = readRamp(place, SERIES_INKS)
    return {
      ink: css(ink), text: css(text), line: css(line), grid: css(grid), surface: css(surface), accent: css(accent), font: getComputedStyle(host).fontFamily,
      series: new Map(SERIES_INKS.map((name, index) => [name, css(series[index])])),
    }
  } finally {
    place.remove()
  }
}

/** The colors now, read again whenever the theme changes. */
export function useChartInks(): ShallowRef<ChartInks> {
  const read = (): ChartInks => readChartInks(document.body)
  const inks = shallowRef(read())
  const again = (): void => { inks.value = read() }
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
