import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { run } from './child.mjs'
import { ROOT, toolScript } from './places.mjs'
import { say, SetupError } from './say.mjs'
import { fingerprint, readStamp, writeStamp } from './stamp.mjs'

const SOURCES = ['src-main', 'src-renderer', 'electron.vite.config.ts', 'package-lock.json']

/**
 * Bundles the window's page and Electron's main process into out/, unless they are up to date.
 * @param {string} node Node 24
 */
export async function buildApp(node) {
  const sources = fingerprint(SOURCES, ['setup'])
  if (readStamp('app') === sources && existsSync(join(ROOT, 'out/renderer/index.html'))) return
  say('Building the app ...')
  const { code, output } = await run(node, [toolScript('electron-vite'), 'build'])
  if (code !== 0) throw new SetupError(`The app could not be built:\n${output}`)
  writeStamp('app', sources)
}
