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
  /** One row of the map, in the screen's own pixels; used again for every row. */
  #row: ImageData | null = null

  constructor(canvas: HTMLCanvasElement) {
    this.#canvas = canvas
  }

  /** Everything again: another size, another theme, other data. */
  all(data: HeatData, view: HeatView): void {
    const scale = window.devicePixelRatio || 1
    const [width, rowHeight] = [Math.round(view.width * scale), Math.round(view.rowHeight * scale)]
    this.#canvas.width = width
    this.#canvas.height = data.rows * rowHeight
    this.#canvas.style.width = `${view.width}px`
    this.#canvas.style.height = `${data.rows * view.rowHeight}px`
    this.#row = this.#canvas.getContext('2d')?.createImageData(width, rowHeight) ?? null
    this.#painted = []
    this.changed(data, view)
  }

  /** The rows that changed since, and those the cursor left and came to. Answers how many. */
  changed(data: HeatData, view: HeatView): number {
    const context = this.#canvas.getContext('2d')
    if (!context || !this.#row) return 0
    const cursorRow = view.cursor?.row ?? null
    let painted = 0
    for (let row = 0; row < data.rows; row += 1) {
      const revision = data.live?.revisionOf(row) ?? 0
      if (this.#painted[row] === revision && row !== cursorRow && row !== this.#cursorRow) continue
      this.#painted[row] = revision
      fillRow(this.#row, data, view, row)
      context.putImageData(this.#row, 0, row * this.#row.height)
      painted += 1
    }
    this.#cursorRow = cursorRow
    return painted
  }
}

/** Pixels instead of rectangles: thousands of cells a frame are then copies within one small array. */
function fillRow({ width, height, data: bytes }: ImageData, data: HeatData, { inks, cursor }: HeatView, row: number): void {
  const pixels = new Uint32Array(bytes.buffer, bytes.byteOffset, width * height)
  const cellWidth = width / data.columns
  const scale = window.devicePixelRatio || 1
  const gap = cellWidth / scale >= 6 && height / scale >= 6 ? Math.max(1, Math.round(scale)) : 0
  const edge = (column: number): number => Math.round(column * cellWidth)
  const bottom = height - gap
  pixels.fill(0)
  for (let column = 0; column < data.columns; column += 1)
    pixels.fill(inkOf(inks, data.value(row, column)), edge(column), edge(column + 1) - gap)
  for (let line = 1; line < bottom; line += 1) pixels.copyWithin(line * width, 0, width)
  const outline = (column: number, ink: number): void => {
    const [left, right] = [edge(column), edge(column + 1) - gap]
    const thick = Math.max(1, Math.min(Math.round(1.5 * scale), Math.floor((right - left) / 3), Math.floor(bottom / 3)))
    for (let line = 0; line < bottom; line += 1) {
      const start = line * width
      if (line < thick || line >= bottom - thick) pixels.fill(ink, start + left, start + right)
      else pixels.fill(ink, start + left, start + left + thick).fill(ink, start + right - thick, start + right)
    }
  }
  for (let column = 0; column < data.columns; column += 1) if (data.marked(row, column)) outline(column, inks.mark)
  if (cursor?.row === row) outline(cursor.column, inks.cursor)
}
