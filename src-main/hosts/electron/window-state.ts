import { screen, type BrowserWindow, type Rectangle } from 'electron'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as z from 'zod'

/** The smallest window the page is drawn for. */
export const SMALLEST = { width: 960, height: 640 } as const

/** Size of a first window; less where the screen is smaller. */
const USUAL = { width: 1280, height: 860 } as const

/** So much of a window's top edge must be on a screen that it can be grabbed and moved. */
const GRIP = { width: 120, height: 32 } as const

/** After the last move or change of size. */
const SETTLED_MS = 500

const State = z.object({ x: z.int(), y: z.int(), width: z.int(), height: z.int(), maximized: z.boolean() })
type State = z.infer<typeof State>

/** Where a window should open: as it was left, if that is still on a screen; else in the middle of the main one. */
export interface Placement extends Partial<Pick<Rectangle, 'x' | 'y'>> { readonly width: number; readonly height: number; readonly maximized: boolean }

const fileIn = (folder: string): string => join(folder, 'window.json')

/** Reads how the window was left, held against the screens there are now. */
export function placeWindow(folder: string): Placement {
  const { width, height } = screen.getPrimaryDisplay().workAreaSize
  const left = readState(folder)
  if (left === null) return { width: Math.min(USUAL.width, width), height: Math.min(USUAL.height, height), maximized: false }
  const size = { width: Math.max(left.width, SMALLEST.width), height: Math.max(left.height, SMALLEST.height), maximized: left.maximized }
  const isReachable = screen.getAllDisplays().some(({ workArea }) => holdsGrip(workArea, { ...left, ...size }))
  return isReachable ? { x: left.x, y: left.y, ...size } : size
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

/** Writes how the window is left, a moment after each change and when it closes. */
export function keepWindowState(window: BrowserWindow, folder: string, log: (text: string) => void): void {
  let timer: NodeJS.Timeout | undefined
  const write = (): void => {
    clearTimeout(timer)
    if (window.isDestroyed() || window.isMinimized()) return
    const { x, y, width, height } = window.getNormalBounds()
    try {
      writeFileSync(fileIn(folder), JSON.stringify({ x, y, width, height, maximized: window.isMaximized() } satisfies State))
    } catch (error) {
      log(`the window's place could not be kept: ${String(error)}`)
    }
  }
  const soon = (): void => {
    clearTimeout(timer)
    timer = setTimeout(write, SETTLED_MS)
  }
  window.on('resize', soon)
  window.on('move', soon)
  window.on('maximize', soon)
  window.on('unmaximize', soon)
  window.on('close', write)
  window.on('closed', () => clearTimeout(timer))
}
