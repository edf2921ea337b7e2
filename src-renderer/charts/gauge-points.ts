/** A line over time, in a box of 1 by 1 with the highest value at the top. */
export interface GaugePath {
  readonly line: string
  readonly area: string
  readonly limitAt: number | null
}

export interface GaugePoint {
  readonly at: number
  readonly value: number
}

/** Points a line is drawn with at most: more than a small chart has pixels. */
const MOST_DRAWN = 240

/** The path of `points`, from nothing to `high`; a limit above that raises the scale. Null with less than two points. */
export function gaugePath(points: readonly GaugePoint[], high: number, limit: number | null = null): GaugePath | null {
  const drawn = thinned(points)
  const [first, last] = [drawn[0], drawn.at(-1)]
  if (!first || !last || last.at <= first.at) return null
  const top = Math.max(high, limit ?? 0, 1e-9)
  const x = (at: number): string => ((at - first.at) / (last.at - first.at)).toFixed(4)
  const y = (value: number): string => (1 - Math.min(1, Math.max(0, value / top))).toFixed(4)
  const line = drawn.map(({ at, value }, index) => `${index === 0 ? 'M' : 'L'}${x(at)} ${y(value)}`).join('')
  return { line, area: `${line}L1 1L0 1Z`, limitAt: limit === null ? null : 1 - limit / top }
}

/** The highest point of each stretch, so that a peak is never lost to the drawing. */
function thinned(points: readonly GaugePoint[]): GaugePoint[] {
  if (points.length <= MOST_DRAWN) return [...points]
  const stretch = points.length / MOST_DRAWN
  return Array.from({ length: MOST_DRAWN }, (_, index) =>
    points.slice(Math.floor(index * stretch), Math.max(Math.floor((index + 1) * stretch), Math.floor(index * stretch) + 1)),
  ).flatMap(
    (part) => part.reduce<GaugePoint | null>((most, point) => (most === null || point.value > most.value ? point : most), null) ?? [],
  )
}
