import { spawn } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { JournalRow } from '../../src-main/contract/run.ts'
import { TINY_K_SHAPE } from '../fixtures/tiny-checkpoint.ts'
import { finishJob, makeExample, prepared, recipeOf } from './job-example.ts'
import type { JobExample, Prepared } from './job-example.ts'

const CHILD = fileURLToPath(new URL('./finish-child.ts', import.meta.url))
let root: string
let example: JobExample
let ready: Prepared
let undisturbed: Buffer
let rowsOfAll: JournalRow[]

/** What a process that finishes the run told before it ended, and how it ended. */
interface Ended {
  readonly rows: JournalRow[]
  readonly signal: NodeJS.Signals | null
  readonly code: number | null
}

/** Finishes the run into `<name>.gguf` in a process of its own, which dies `delay` ms after row `deadly`. */
async function finishIn(name: string, options: { journal?: JournalRow[]; deadly?: number; delay?: number } = {}): Promise<Ended> {
  const outPath = join(root, `${name}.gguf`)
  const jobFile = join(root, `${name}.json`)
  await writeFile(
    jobFile,
    JSON.stringify(finishJob(example, recipeOf(example, { outPath, windowTokens: 32 }), { ...ready, outPath }, options.journal)),
  )
  const dying = options.deadly === undefined ? [] : [String(options.deadly), String(options.delay ?? 0)]
  const child = spawn(process.execPath, [CHILD, jobFile, ...dying], { stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = new Promise<Pick<Ended, 'signal' | 'code'>>((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', (code, signal) => resolve({ code, signal }))
  })
  const [lines, complaints, end] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  if (end.signal === null && end.code !== 0) throw new Error(`the process failed: ${complaints}`)
  return {
    ...end,
    rows: lines
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JournalRow.parse(JSON.parse(line))),
  }
}

const read = (name: string): Promise<Buffer> => readFile(join(root, `${name}.gguf`))

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'whittle-sigkill-'))
  example = await makeExample(root, { ...TINY_K_SHAPE, layers: 2 })
  ready = await prepared(example, recipeOf(example, { windowTokens: 32, calibrationTokens: 128 }))
  rowsOfAll = (await finishIn('undisturbed')).rows
  undisturbed = await read('undisturbed')
})
afterAll(() => rm(root, { recursive: true, force: true }))

const facts = ({ layer, bytes, sha256 }: JournalRow) => ({ layer, bytes, sha256 })

describe('a run killed with SIGKILL', () => {
  it.each([
    { deadly: 1, delay: 0 },
    { deadly: 1, delay: 15 },
    { deadly: 3, delay: 0 },
  ])('$delay ms after layer number $deadly was journaled goes on in another process to the same bytes', async ({ deadly, delay }) => {
    const name = `killed-${deadly}-${delay}`
    const killed = await finishIn(name, { deadly, delay })
    expect(killed.signal).toBe('SIGKILL')
    expect(killed.rows.length).toBeGreaterThanOrEqual(deadly)
    if (delay === 0)
      expect((await readdir(root)).filter((file) => file.startsWith(name)).sort()).toEqual([`${name}.gguf.partial`, `${name}.json`])

    const resumed = await finishIn(name, { journal: killed.rows })
    expect(resumed.code).toBe(0)
    expect([...killed.rows, ...resumed.rows].map(facts)).toEqual(rowsOfAll.map(facts))
    expect((await read(name)).equals(undisturbed)).toBe(true)
  })
})
