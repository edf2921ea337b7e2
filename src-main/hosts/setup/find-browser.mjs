import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { run } from './child.mjs'
import { toolScript } from './places.mjs'
import { say } from './say.mjs'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'microsoft-edge']
const ELSEWHERE = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
  'C:/Program Files/Google/Chrome/Application/chrome.exe',
  'C:/Program Files (x86)/Microsoft/Edge/Application/msedge.exe',
]

/** @returns {string | null} the system's Chromium, Chrome or Edge */
function systemBrowser() {
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  const onPath = folders.flatMap((folder) => NAMES.map((name) => join(folder, name)))
  return [...onPath, ...ELSEWHERE].find((path) => existsSync(path)) ?? null
}

/** @returns {Promise<string | null>} the browser Playwright downloaded for itself */
async function playwrightsBrowser() {
  const { chromium } = await import('playwright')
  const path = chromium.executablePath()
  return existsSync(path) ? path : null
}

/**
 * A Chromium to test in: the one named by CHROMIUM_PATH, Playwright's own, the system's; else one is installed, by
 * Playwright or, as root on Debian, by apt. Null only when all of that failed.
 * @param {string} node Node 24
 * @returns {Promise<string | null>}
 */
export async function findBrowser(node) {
  const named = process.env['CHROMIUM_PATH']
  if (named && existsSync(named)) return named
  const found = (await playwrightsBrowser()) ?? systemBrowser()
  if (found) return found
  say('No Chromium here: asking Playwright for one ...')
  await run(node, [toolScript('playwright'), 'install', 'chromium'], { timeoutSeconds: 240 })
  const own = await playwrightsBrowser()
  if (own || process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return own
  say("Refused. Installing Debian's chromium ...")
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  await run('apt-get', ['update', '-q'], { env, timeoutSeconds: 240 })
  await run('apt-get', ['install', '-y', '-q', '--no-install-recommends', 'chromium'], { env, timeoutSeconds: 600 })
  return systemBrowser()
}
