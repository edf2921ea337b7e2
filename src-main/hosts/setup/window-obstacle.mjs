import { existsSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Why no window can be opened here, in words that end with what to do; null where one can be tried. Asked before Electron is downloaded or
 * started: its own words for these are none, or a loop.
 * @param {string[]} args what the user typed
 * @param {{ platform: NodeJS.Platform, env: NodeJS.ProcessEnv, user: number | undefined, exists: (path: string) => boolean }} [place]
 * @returns {string | null}
 */
export function windowObstacle(
  args,
  { platform, env, user, exists } = { platform: process.platform, env: process.env, user: process.getuid?.(), exists: existsSync },
) {
  if (platform !== 'linux') return null
  const { DISPLAY: display, WAYLAND_DISPLAY: wayland, XDG_RUNTIME_DIR: runtime } = env
  if (!display && !wayland) return 'There is no display here'
  const hasWayland = Boolean(wayland) && exists(wayland?.startsWith('/') ? wayland : join(runtime ?? '/nowhere', wayland ?? ''))
  const local = /^:(\d+)/.exec(display ?? '')?.[1]
  const hasX11 = Boolean(display) && (local === undefined || exists(`/tmp/.X11-unix/X${local}`))
  if (!hasX11 && !hasWayland) return `The display ${display || wayland} is not there`
  if (user === 0 && !args.includes('--no-sandbox')) {
    return 'Chromium opens no window for root: start Whittle as an ordinary user, or give up its sandbox with `npm start -- --no-sandbox`'
  }
  return null
}
