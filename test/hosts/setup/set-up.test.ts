import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { run } from '../../../src-main/hosts/setup/child.mjs'
import { installedAsLocked } from '../../../src-main/hosts/setup/install-packages.mjs'
import { findNode24 } from '../../../src-main/hosts/setup/node-versions.mjs'
import { countBrowserTests, countFuzzing, countUnitTests } from '../../../src-main/hosts/setup/run-tests.mjs'

describe('children of the set-up', () => {
  test('their output and exit code come back', async () => {
    const ended = await run(process.execPath, ['-e', 'console.log("hello"); process.exit(3)'])
    expect(ended).toEqual({ code: 3, output: 'hello\n', timedOut: false })
  })

  test('a program that is not there ends with 127, not with a throw', async () => {
    const { code, output } = await run('whittle-no-such-program', [])
    expect(code).toBe(127)
    expect(output).toContain('ENOENT')
  })

  test('past the time limit the child and its own children are gone', async () => {
    const script =
      'const child = require("node:child_process").spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]); console.log(child.pid); setInterval(() => {}, 1000)'
    const { timedOut, output } = await run(process.execPath, ['-e', script], { timeoutSeconds: 2 })
    expect(timedOut).toBe(true)
    const grandchild = Number(output.trim())
    expect(grandchild).toBeGreaterThan(0)
    await expect.poll(() => isAlive(grandchild), { timeout: 5000 }).toBe(false)
  })
})

/** Signal 0 asks whether a process exists; one that ended and was not collected yet still does on some systems. */
function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false
    throw error
  }
}

describe('deciding whether to install', () => {
  let folder = ''
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'whittle-'))
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  function decide(locked: object, installed: object): boolean {
    writeFileSync(join(folder, 'lock.json'), JSON.stringify({ packages: { '': {}, ...locked } }))
    writeFileSync(join(folder, 'record.json'), JSON.stringify({ packages: installed }))
    return installedAsLocked(join(folder, 'lock.json'), join(folder, 'record.json'))
  }

  test('nothing to do where every package has the locked version', () => {
    expect(decide({ 'node_modules/a': { version: '1.0.0' } }, { 'node_modules/a': { version: '1.0.0' } })).toBe(true)
  })

  test('a changed version, a new package or no record at all call for an install', () => {
    expect(decide({ 'node_modules/a': { version: '1.0.1' } }, { 'node_modules/a': { version: '1.0.0' } })).toBe(false)
    expect(decide({ 'node_modules/a': { version: '1.0.0' } }, {})).toBe(false)
    expect(installedAsLocked(join(folder, 'lock.json'), join(folder, 'nowhere.json'))).toBe(false)
  })

  test('a package for another platform may be absent', () => {
    expect(decide({ 'node_modules/a': { version: '1.0.0', optional: true } }, {})).toBe(true)
  })
})

test('the Node found for Whittle reads TypeScript', async () => {
  const { code, output } = await run(findNode24(), ['--input-type=module-typescript', '-e', 'const n: number = 24; console.log(n)'])
  expect({ code, output }).toEqual({ code: 0, output: '24\n' })
})

describe('counting tests', () => {
  test('a file that does not load counts as a failure', () => {
    const report = {
      numPassedTests: 5,
      numFailedTests: 1,
      numPendingTests: 2,
      numTodoTests: 0,
      testResults: [
        { status: 'failed', assertionResults: [] },
        { status: 'failed', assertionResults: [{}] },
      ],
    }
    expect(countUnitTests(report)).toEqual({ passed: 5, failed: 2, skipped: 2 })
  })

  test('errors outside a browser test count as failures', () => {
    expect(countBrowserTests({ stats: { expected: 3, flaky: 1, unexpected: 1, skipped: 0 }, errors: ['no browser'] })).toEqual({
      passed: 4,
      failed: 2,
      skipped: 0,
    })
  })

  test('a fuzzed target counts once, and one this machine lacks something for is skipped', () => {
    const tallies = [
      { failures: [], unavailable: null },
      { failures: ['one', 'two'], unavailable: null },
      { failures: [], unavailable: 'no kernels' },
    ]
    expect(countFuzzing({ tallies })).toEqual({ passed: 1, failed: 1, skipped: 1 })
  })
})
