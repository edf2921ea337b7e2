// npm test: sets up, then checks, unit tests, fuzzing, browser tests and tests of the window; the last line sums them up.
import { buildApp } from './build-app.mjs'
import { runChecks } from './check-steps.mjs'
import { findElectron } from './fetch-electron.mjs'
import { findBrowser } from './find-browser.mjs'
import { runBrowserTests, runFuzzing, runUnitTests, runWindowTests } from './run-tests.mjs'
import { exitWith, say } from './say.mjs'
import { setUp } from './set-up.mjs'
import { windowObstacle } from './window-obstacle.mjs'

/** @param {string} title */
function heading(title) {
  process.stdout.write(`\n== ${title}\n`)
}

await exitWith(async () => {
  const node = await setUp()
  heading('checks')
  const counts = [{ ...(await runChecks(node)), skipped: 0 }]
  heading('unit tests')
  counts.push(await runUnitTests(node))
  heading('fuzzing')
  counts.push(await runFuzzing(node))
  heading('browser tests')
  const browser = await findBrowser(node)
  if (browser) {
    await buildApp(node)
    counts.push(await runBrowserTests(node, browser))
  } else {
    say('NO BROWSER could be found or installed: THE BROWSER TESTS ARE SKIPPED. Install Chromium or set CHROMIUM_PATH to run them.')
    counts.push({ passed: 0, failed: 0, skipped: 1 })
  }
  heading('window tests')
  const electron = process.env['WHITTLE_ELECTRON'] ?? findElectron()
  const obstacle = windowObstacle(['--no-sandbox'])
  if (electron && obstacle === null) {
    await buildApp(node)
    counts.push(await runWindowTests(node, electron))
  } else {
    say(
      `${electron ? obstacle : 'Electron is not here (npm start downloads it)'}: THE TESTS OF THE WINDOW ARE SKIPPED. WHITTLE_ELECTRON names a program.`,
    )
    counts.push({ passed: 0, failed: 0, skipped: 1 })
  }
  const sum = (/** @type {'passed' | 'failed' | 'skipped'} */ key) => counts.reduce((total, count) => total + count[key], 0)
  const skipped = sum('skipped')
  process.stdout.write(`\n${sum('passed')} passed, ${sum('failed')} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`)
  return sum('failed') === 0 ? 0 : 1
})
