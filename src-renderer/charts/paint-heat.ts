import { rampColor, readRamp } from './heat-colors.ts'

/** Values of a map, row by row; NaN where nothing is known yet. */
export interface HeatData {
  readonly rows: number
  readonly columns: number
  /** Share 0..1 of the ramp, or NaN. */
  value(row: number, column: number): number
  /** Whether the cell is outlined. */
  marked(row: number, column: number): boolean
}

export interface HeatView {
  readonly width: number
  readonly rowHeight: number
  readonly cursor: { readonly row: number; readonly column: number } | null
}

const RAMP = ['--heat-0', '--heat-1', '--heat-2', '--heat-3', '--heat-4']

/** Paints the whole map: 48 x 128 cells take well under a frame. */
export function paintHeat(canvas: HTMLCanvasElement, data: HeatData, view: HeatView): void {
  const scale = window.devicePixelRatio || 1
  const height = data.rows * view.rowHeight
  canvas.width = Math.round(view.width * scale)
  canvas.height = Math.round(height * scale)
  canvas.style.width = `${view.width}px`
  canvas.style.height = `${height}px`
  const context = canvas.getContext('2d')
  if (!context) return
  const host = canvas.parentElement ?? document.body
  const ramp = readRamp(host, RAMP)
  const [ink, mark] = readRamp(host, ['--ink', '--bits-2'])
  context.scale(scale, scale)
  const cellWidth = view.width / data.columns
  const gap = cellWidth >= 6 && view.rowHeight >= 6 ? 1 : 0
  for (let row = 0; row < data.rows; row += 1) {
    for (let column = 0; column < data.columns; column += 1) {
      const value = data.value(row, column)
      const [x, y, w, h] = [column * cellWidth, row * view.rowHeight, cellWidth - gap, view.rowHeight - gap]
      context.fillStyle = `rgb(${rampColor(ramp, Number.isNaN(value) ? 0 : value).join(' ')})`
      context.globalAlpha = Number.isNaN(value) ? 0.45 : 1
      context.fillRect(x, y, w, h)
      context.globalAlpha = 1
      if (data.marked(row, column)) outline(context, x, y, w, h, `rgb(${(mark ?? [0, 0, 0]).join(' ')})`)
    }
  }
  if (view.cursor) outline(context, view.cursor.column * cellWidth, view.cursor.row * view.rowHeight, cellWidth - gap, view.rowHeight - gap, `rgb(${(ink ?? [0, 0, 0]).join(' ')})`)
}

function outline(context: CanvasRenderingContext2D, x: number, y: number, w: number, h: number, color: string): void {
  context.strokeStyle = color
  context.lineWidth = 1.5
  context.strokeRect(x + 0.75, y + 0.75, w - 1.5, h - 1.5)
}
