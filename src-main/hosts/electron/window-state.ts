import { screen, type BrowserWindow, type Point, type Rectangle } from 'electron'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as z from 'zod'

/** The smallest window the page is drawn for. */
export const SMALLEST = { width: 960, height: 640 } as const

/** Size of a first window; less where the screen is smaller. */
const USUAL = { width: 1280, height: 860 } as const

/** So much of a window's top edge must be on a screen that it can be grabbed and moved. */
const GRIP = { width: 120, height: 32 } as const

/** No window manager draws more than this around a window, in pixels. */
const LARGEST_FRAME = 80

/** After the last move or change of size. */
const SETTLED_MS = 500

const State = z.object({ x: z.int(), y: z.int(), width: z.int(), height: z.int(), maximized: z.boolean() })
type State = z.infer<typeof State>

/** Where a window should open: as it was left, if that is still on a screen; else in the middle of the main one. */
export interface Placement extends Readonly<Rectangle> {
  readonly maximized: boolean
}

const fileIn = (folder: string): string => join(folder, 'window.json')

/** Reads how the window was left, held against the screens there are now. */
export function placeWindow(folder: string): Placement {
  const { workArea } = screen.getPrimaryDisplay()
  const inTheMiddle = (width: number, height: number): Rectangle => ({
    x: Math.max(workArea.x, Math.round(workArea.x + (workArea.width - width) / 2)),
    y: Math.max(workArea.y, Math.round(workArea.y + (workArea.height - height) / 2)),
    width,
    height,
  })
  const left = readState(folder)
  if (left === null)
    return { ...inTheMiddle(Math.min(USUAL.width, workArea.width), Math.min(USUAL.height, workArea.height)), maximized: false }
  const size = { width: Math.max(left.width, SMALLEST.width), height: Math.max(left.height, SMALLEST.height), maximized: left.maximized }
  const isReachable = screen.getAllDisplays().some((display) => holdsGrip(display.workArea, { ...left, ...size }))
  return isReachable ? { x: left.x, y: left.y, ...size } : { ...inTheMiddle(size.width, size.height), maximized: size.maximized }
}

function holdsGrip(area: Rectangle, window: Rectangle): boolean {
  const across = Math.min(area.x + area.width, window.x + window.width) - Math.max(area.x, window.x)
  return across >= GRIP.width && window.y >= area.y && window.y + GRIP.height <= area.y + area.height
}

function readState(folder: string): State | null {
  try {
    return State.parse(JSON.parse(readFileSync(fileIn(folder), 'utf8')))
  } catch {
    return null // none yet, or one nobody can read: the window opens as if for the first time
  }
}

/**
 * Writes how the window is left, a moment after each change and when it closes.
 * On X11 a window is put where its frame should be and tells where its content is: what lies between is found out once the window stands
 * where it was asked to, and taken off, or the window would move by its frame with every start.
 * @param asked where the window was asked to open
 */
export function keepWindowState(window: BrowserWindow, folder: string, asked: Placement, log: (text: string) => void): void {
  let timer: NodeJS.Timeout | undefined
  let frame: Point | null = process.platform === 'linux' ? null : { x: 0, y: 0 }
  let place: Rectangle = asked
  const write = (): void => {
    clearTimeout(timer)
    if (window.isDestroyed() || window.isMinimized()) return
    const maximized = window.isMaximized()
    const bounds = window.getNormalBounds()
    // A window that fills the screen does not tell where it would stand.
    if (!maximized) frame ??= frameBetween(asked, bounds)
    if (frame !== null) place = { ...bounds, x: bounds.x - frame.x, y: bounds.y - frame.y }
    const { x, y, width, height } = place
    try {
      writeFileSync(fileIn(folder), JSON.stringify({ x, y, width, height, maximized } satisfies State))
    } catch (error) {
      log(`the window's place could not be kept: ${String(error)}`)
    }
  }
  const soon = (): void => {
    clearTimeout(timer)
    timer = setTimeout(write, SETTLED_MS)
  }
  for (const event of ['show', 'resize', 'move', 'maximize', 'unmaximize'] as const) window.on(event as 'show', soon)
  window.on('close', write)
  window.on('closed', () => clearTimeout(timer))
}

/** How far a window's content lies from where it was asked to open: its frame, if it is no more than a frame can be. */
function frameBetween(asked: Rectangle, found: Rectangle): Point {
  const [x, y] = [found.x - asked.x, found.y - asked.y]
  const isFrame =
    x >= 0 && y >= 0 && x <= LARGEST_FRAME && y <= LARGEST_FRAME && found.width === asked.width && found.height === asked.height
  return isFrame ? { x, y } : { x: 0, y: 0 }
}
