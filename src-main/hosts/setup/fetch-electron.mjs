import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from './child.mjs'
import { MODULES } from './places.mjs'
import { say } from './say.mjs'
import { forgetStamp, readStamp, stampAgeHours, writeStamp } from './stamp.mjs'

const COST = 'Whittle opens in your browser instead: the same app, without native menus and folder dialogs.'

/** @returns {string | null} path of Electron's program, or null where it was never downloaded */
export function findElectron() {
  const folder = join(MODULES, 'electron')
  if (!existsSync(join(folder, 'path.txt'))) return null
  const program = join(folder, 'dist', readFileSync(join(folder, 'path.txt'), 'utf8'))
  return existsSync(program) ? program : null
}

/** Whether Electron's download site answers at all: a silent network is found out in seconds, a slow one may take its time. */
async function siteAnswers() {
  try {
    await fetch(process.env['ELECTRON_MIRROR'] ?? 'https://github.com/electron/electron', {
      method: 'HEAD',
      signal: AbortSignal.timeout(10_000),
    })
    return true
  } catch {
    return false // whatever the reason, the answer to the question is no
  }
}

/**
 * Electron's program, downloaded if it can be had. A refusal is remembered for a day, so that it delays one start, not each.
 * @param {string} node program that runs Electron's own installer
 */
export async function fetchElectron(node) {
  const found = findElectron()
  if (found) return found
  const version = JSON.parse(readFileSync(join(MODULES, 'electron/package.json'), 'utf8')).version
  if (readStamp('electron-refused') === version && stampAgeHours('electron-refused') < 24) {
    say(`Electron is not here; its download failed and is tried once a day. ${COST}`)
    return null
  }
  say(`Downloading Electron ${version} (over 100 MB) ...`)
  if (await siteAnswers()) await run(node, [join(MODULES, 'electron/install.js')], { timeoutSeconds: 900 })
  const program = findElectron()
  if (program) {
    forgetStamp('electron-refused')
    return program
  }
  writeStamp('electron-refused', version)
  say(`Electron could not be downloaded. ${COST}`)
  return null
}
