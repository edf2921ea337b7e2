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

/** Vitest over test/. @param {string} node @returns {Promise<Counts>} */
export function runUnitTests(node) {
  const args = [toolScript('vitest'), 'run', '--reporter=default', '--reporter=json', '--outputFile.json=test-results/unit.json']
  return runAndCount(node, args, 'unit.json', childEnvironment(), (report) => ({
    passed: report.numPassedTests,
    failed: report.numFailedTests + report.testResults.filter(failedToLoad).length,
    skipped: report.numPendingTests + report.numTodoTests,
  }))
}

/** @param {{ status: string, assertionResults: unknown[] }} file a test file's entry in Vitest's report */
function failedToLoad(file) {
  return file.status === 'failed' && file.assertionResults.length === 0
}

/** Playwright in the given browser. @param {string} node @param {string} browser @returns {Promise<Counts>} */
export function runBrowserTests(node, browser) {
  const env = { ...childEnvironment(), CHROMIUM_PATH: browser, PLAYWRIGHT_JSON_OUTPUT_FILE: join(ROOT, 'test-results/browser.json') }
  return runAndCount(node, [toolScript('@playwright/test', 'playwright'), 'test', '--reporter=list,json'], 'browser.json', env, (report) => ({
    passed: report.stats.expected + report.stats.flaky,
    failed: report.stats.unexpected + report.errors.length,
    skipped: report.stats.skipped,
  }))
}
