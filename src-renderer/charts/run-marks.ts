/** How a run is told apart in every chart: a shape and a color, beside its letter. Shapes are paths on a 20 x 20 grid. */
export interface RunMark {
  readonly letter: string
  readonly shape: string
  readonly ink: string
  /** Dashes of its line. */ readonly dash: readonly number[]
}

const SHAPES = [
  'M10 2a8 8 0 1 0 0 16a8 8 0 1 0 0-16z',
  'M3 3h14v14H3z',
  'M10 2 19 18H1z',
  'M10 1 19 10 10 19 1 10z',
  'M10 18 1 2h18z',
  'M7 2h6v5h5v6h-5v5H7v-5H2V7h5z',
] as const

const INKS = ['--series-1', '--series-2', '--series-3', '--series-4', '--series-5', '--series-6'] as const
const DASHES = [[], [6, 4], [2, 3], [10, 3, 2, 3], [4, 2], [1, 4]] as const

/** The names of the theme's colors for runs, in order. */
export const SERIES_INKS: readonly string[] = INKS

/** The mark of the run at `place` 0, 1, 2 ...: color and shape do not repeat together for 36 runs. */
export function runMark(place: number): RunMark {
  const [column, row] = [place % INKS.length, Math.floor(place / INKS.length)]
  const at = (column + row) % SHAPES.length
  return { letter: letterOf(place), shape: SHAPES[at] ?? SHAPES[0], ink: INKS[column] ?? INKS[0], dash: DASHES[at] ?? [] }
}

/** A, B, ... Z, AA, AB ... */
function letterOf(place: number): string {
  const letter = String.fromCharCode(65 + (place % 26))
  return place < 26 ? letter : `${letterOf(Math.floor(place / 26) - 1)}${letter}`
}
