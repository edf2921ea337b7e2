import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { childEnvironment, run } from './child.mjs'
import { ROOT, toolScript } from './places.mjs'

/**
 * How many tests ended how.
 * @typedef {{ passed: number, failed: number, skipped: number }} Counts
 */

/**
 * Runs a test runner that writes a JSON report, and counts from that. A runner that wrote none, or that failed without a
 * failed test in its report (an unhandled rejection, a hook), counts as one failure: it never passes unseen.
 * @param {string} node
 * @param {string[]} args
 * @param {string} reportName
 * @param {NodeJS.ProcessEnv} env
 * @param {(report: any) => Counts} count
 * @returns {Promise<Counts>}
 */
async function runAndCount(node, args, reportName, env, count) {
  const report = join(ROOT, 'test-results', reportName)
  rmSync(report, { force: true })
  const { code } = await run(node, args, { show: true, env })
  const counts = existsSync(report) ? count(JSON.parse(readFileSync(report, 'utf8'))) : { passed: 0, failed: 1, skipped: 0 }
  if (code !== 0 && counts.failed === 0) counts.failed = 1
  return counts
}

/**
 * @param {{ numPassedTests: number, numFailedTests: number, numPendingTests: number, numTodoTests: number, testResults: { status: string,
 * assertionResults: unknown[] }[] }} report
 *   Vitest's JSON report
 * @returns {Counts} a file that failed to load counts as one failure
 */
export function countUnitTests(report) {
  const notLoaded = report.testResults.filter(({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0)
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + notLoaded.length,
    skipped: report.numPendingTests + report.numTodoTests,
  }
}

/**
 * @param {{ stats: { expected: number, flaky: number, unexpected: number, skipped: number }, errors: unknown[] }} report Playwright's JSON
 * report
 * @returns {Counts}
 */
export function countBrowserTests({ stats, errors }) {
  return { passed: stats.expected + stats.flaky, failed: stats.unexpected + errors.length, skipped: stats.skipped }
}

/**
 * @param {{ tallies: { failures: unknown[], unavailable: string | null }[] }} report the fuzzer's own
 * @returns {Counts} a target counts once, however many of its inputs failed
 */
export function countFuzzing({ tallies }) {
  const failed = tallies.filter(({ failures }) => failures.length > 0).length
  const skipped = tallies.filter(({ unavailable }) => unavailable !== null).length
  return { passed: tallies.length - failed - skipped, failed, skipped }
}

/** The same inputs at every test, on every machine, as far as the time goes. */
const FUZZ_SEED = 1

/** Every reader given changed inputs, for half a minute in all. @param {string} node @returns {Promise<Counts>} */
export function runFuzzing(node) {
  const args = ['test/fuzz/main.ts', '--seconds', '30', '--seed', String(FUZZ_SEED), '--report', 'test-results/fuzz.json']
  return runAndCount(node, args, 'fuzz.json', childEnvironment(), countFuzzing)
}

/** Vitest over test/. @param {string} node @returns {Promise<Counts>} */
export function runUnitTests(node) {
  const args = [toolScript('vitest'), 'run', '--reporter=default', '--reporter=json', '--outputFile.json=test-results/unit.json']
  return runAndCount(node, args, 'unit.json', childEnvironment(), countUnitTests)
}

/** Playwright on the window itself. @param {string} node @param {string} electron path of Electron's program @returns {Promise<Counts>} */
export function runWindowTests(node, electron) {
  const env = { ...childEnvironment(), WHITTLE_ELECTRON: electron, PLAYWRIGHT_JSON_OUTPUT_FILE: join(ROOT, 'test-results/window.json') }
  const args = [toolScript('@playwright/test', 'playwright'), 'test', '-c', 'test/e2e/window/playwright.config.ts', '--reporter=list,json']
  return runAndCount(node, args, 'window.json', env, countBrowserTests)
}

/** Playwright in the given browser. @param {string} node @param {string} browser @returns {Promise<Counts>} */
export function runBrowserTests(node, browser) {
  const env = { ...childEnvironment(), CHROMIUM_PATH: browser, PLAYWRIGHT_JSON_OUTPUT_FILE: join(ROOT, 'test-results/browser.json') }
  return runAndCount(
    node,
    [toolScript('@playwright/test', 'playwright'), 'test', '--reporter=list,json'],
    'browser.json',
    env,
    countBrowserTests,
  )
}
