import { inkOf, type HeatInks } from './heat-colors.ts'

/** Values of a map, row by row; NaN where nothing is known yet. */
export interface HeatData {
  readonly rows: number
  readonly columns: number
  /** Share 0..1 of the ramp, or NaN. */
  value(row: number, column: number): number
  /** Whether the cell is outlined. */
  marked(row: number, column: number): boolean
  /** Names of the theme's colors from the least to the most, where they are not the usual ones. */
  readonly ramp?: readonly string[]
  /** Where values go on changing: how often a row did, and who is to hear of it. */
  readonly live?: { revisionOf(row: number): number; readonly listeners: Set<() => void> }
}

export interface HeatView {
  readonly width: number
  readonly rowHeight: number
  readonly inks: HeatInks
  readonly cursor: { readonly row: number; readonly column: number } | null
}

/** Paints a map and remembers what it painted, so that the next time only rows that changed are painted again. */
export class HeatPainter {
  readonly #canvas: HTMLCanvasElement
  #painted: number[] = []
  #cursorRow: number | null = null

  constructor(canvas: HTMLCanvasElement) {
    this.#canvas = canvas
  }

  /** Everything again: another size, another theme, other data. */
  all(data: HeatData, view: HeatView): void {
    const scale = window.devicePixelRatio || 1
    const height = data.rows * view.rowHeight
    this.#canvas.width = Math.round(view.width * scale)
    this.#canvas.height = Math.round(height * scale)
    this.#canvas.style.width = `${view.width}px`
    this.#canvas.style.height = `${height}px`
    this.#canvas.getContext('2d')?.scale(scale, scale)
    this.#painted = []
    this.changed(data, view)
  }

  /** The rows that changed since, and those the cursor left and came to. Answers how many. */
  changed(data: HeatData, view: HeatView): number {
    const context = this.#canvas.getContext('2d')
    if (!context) return 0
    const cursorRow = view.cursor?.row ?? null
    let painted = 0
    for (let row = 0; row < data.rows; row += 1) {
      const revision = data.live?.revisionOf(row) ?? 0
      if (this.#painted[row] === revision && row !== cursorRow && row !== this.#cursorRow) continue
      this.#painted[row] = revision
      paintRow(context, data, view, row)
      painted += 1
    }
    this.#cursorRow = cursorRow
    return painted
  }
}

function paintRow(context: CanvasRenderingContext2D, data: HeatData, { width, rowHeight, inks, cursor }: HeatView, row: number): void {
  const cellWidth = width / data.columns
  const gap = cellWidth >= 6 && rowHeight >= 6 ? 1 : 0
  const [y, w, h] = [row * rowHeight, cellWidth - gap, rowHeight - gap]
  context.clearRect(0, y, width, rowHeight)
  for (let column = 0; column < data.columns; column += 1) {
    const value = data.value(row, column)
    const unknown = Number.isNaN(value)
    context.fillStyle = inkOf(inks, unknown ? 0 : value)
    if (unknown) context.globalAlpha = 0.45
    context.fillRect(column * cellWidth, y, w, h)
    if (unknown) context.globalAlpha = 1
    if (!unknown && data.marked(row, column)) outline(context, column * cellWidth, y, w, h, inks.mark)
  }
  if (cursor?.row === row) outline(context, cursor.column * cellWidth, y, w, h, inks.cursor)
}

/** A frame of four bars: strokes of thousands of cells take several times as long. */
function outline(context: CanvasRenderingContext2D, x: number, y: number, w: number, h: number, ink: string): void {
  const line = Math.min(1.5, w / 3, h / 3)
  context.fillStyle = ink
  context.fillRect(x, y, w, line)
  context.fillRect(x, y + h - line, w, line)
  context.fillRect(x, y, line, h)
  context.fillRect(x + w - line, y, line, h)
}
