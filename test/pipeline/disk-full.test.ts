import { execFileSync } from 'node:child_process'
import { closeSync, openSync, rmSync, writeSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { JournalRow } from '../../src-main/contract/run.ts'
import { finish } from '../../src-main/pipeline/finish.ts'
import { expectFailure, failureOf } from '../fixtures/expected-error.ts'
import { eventsOfJob, filesIn, finishJob, makeExample, prepared, prepareJob, recipeOf, reportOf } from './job-example.ts'
import type { JobExample } from './job-example.ts'

const MEBIBYTE = 2 ** 20
let root: string
let example: JobExample
const mounted: string[] = []

/** A volume of a few bytes, or null where this user may not make one. */
function tryMount(folder: string, bytes: number): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', folder], { stdio: 'ignore' })
  } catch {
    return false // not Linux, not root, or in a sandbox: the tests below say that they are skipped
  }
  mounted.push(folder)
  return true
}

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'whittle-disk-full-'))
  example = await makeExample(root, {})
})
afterEach(() => {
  for (const folder of mounted.splice(0)) execFileSync('umount', [folder])
})
afterAll(() => rm(root, { recursive: true, force: true }))

/** Takes up all the room that is left. */
function fill(path: string): void {
  const file = openSync(path, 'w')
  const zeros = new Uint8Array(MEBIBYTE)
  try {
    for (let size = zeros.length; size >= 1;) {
      try {
        writeSync(file, zeros, 0, size)
      } catch {
        size = Math.floor(size / 2) // full at this size: smaller pieces until not a byte fits
      }
    }
  } finally {
    closeSync(file)
  }
}

describe('a full disk', () => {
  it('is told before any work, from what the budget may need', async ({ skip }) => {
    const volume = join(root, 'small')
    await mkdir(volume)
    if (!tryMount(volume, MEBIBYTE)) skip('no small volume can be mounted here')
    const outPath = join(volume, 'out.gguf')
    const before = await filesIn(example.folders.calibrations)
    await expectFailure(() => eventsOfJob(prepareJob(example, recipeOf(example, { outPath }))), 'disk-full', {
      path: outPath,
      needed: expect.any(Number),
      freeBytes: MEBIBYTE,
    })
    expect(await filesIn(example.folders.calibrations)).toEqual(before)
    expect(await readdir(volume)).toEqual([])
  })

  it('that fills up while layers are written keeps those that are there, and the run goes on to the same bytes', async ({ skip }) => {
    const volume = join(root, 'filling')
    await mkdir(volume)
    if (!tryMount(volume, 66 * MEBIBYTE)) skip('no small volume can be mounted here')
    const outPath = join(volume, 'out.gguf')
    const recipe = recipeOf(example, { outPath })
    const ready = await prepared(example, recipe)
    const journal: JournalRow[] = []
    const stopped = await failureOf(() =>
      finish(finishJob(example, recipe, ready), new AbortController().signal, (event) => {
        if (event.kind !== 'layer') return
        if (journal.push(event.row) === 1) fill(join(volume, 'filler'))
      }),
    )
    expect(stopped).toMatchObject({ code: 'disk-full', details: { path: outPath, needed: expect.any(Number) } })
    expect(await readdir(volume)).toEqual(['filler', 'out.gguf.partial'])
    await expectFailure(() => eventsOfJob(finishJob(example, recipe, ready, journal)), 'disk-full', { freeBytes: 0 })

    rmSync(join(volume, 'filler'))
    const report = reportOf(await eventsOfJob(finishJob(example, recipe, ready, journal)))
    const elsewhere = join(root, 'undisturbed.gguf')
    await eventsOfJob(finishJob(example, recipe, { ...ready, outPath: elsewhere }))
    expect((await readFile(outPath)).equals(await readFile(elsewhere))).toBe(true)
    expect((await stat(outPath)).size).toBe(report.planBytes)
  })
})
