import { spawn } from 'node:child_process'

/**
 * Opens the page in the user's browser, where there is a screen to show it on. The address stands in the opener's arguments,
 * which other users of this machine may read: browsers packed in a sandbox can't open a private file that would lead there.
 * @returns whether an opener could be started
 */
export async function openBrowser(address: string): Promise<boolean> {
  const hasScreen = process.platform !== 'linux' || Boolean(process.env['DISPLAY'] ?? process.env['WAYLAND_DISPLAY'])
  if (!hasScreen) return false
  const [program, ...words] = openerFor(process.platform, address)
  return new Promise((resolve) => {
    const child = spawn(program, words, { stdio: 'ignore', detached: true, windowsHide: true })
    child.on('error', () => resolve(false)) // no such program: the printed address is enough
    child.on('spawn', () => {
      child.unref()
      resolve(true)
    })
  })
}

/** The platform's program that opens an address in the browser of the user's choice. */
export function openerFor(platform: NodeJS.Platform, address: string): [string, ...string[]] {
  if (platform === 'darwin') return ['open', address]
  if (platform === 'win32') return ['rundll32', 'url.dll,FileProtocolHandler', address]
  return ['xdg-open', address]
}
