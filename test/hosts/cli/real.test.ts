/** The CLI as a process, with the real engine, on a tiny checkpoint: killed, interrupted, gone on with. */
import { spawn, type ChildProcess } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { readJournal } from '../../../src-main/store/journal.ts'
import { readRun } from '../../../src-main/store/runs.ts'
import { openStore, type Store } from '../../../src-main/store/store.ts'
import { TINY_K_SHAPE, writeTinyCheckpoint } from '../../fixtures/tiny-checkpoint.ts'
import { words } from '../../pipeline/job-example.ts'

const MAIN = fileURLToPath(new URL('../../../src-main/hosts/cli/main.ts', import.meta.url))
let root: string

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'whittle-cli-'))
  await writeTinyCheckpoint(join(root, 'model'), { shape: { ...TINY_K_SHAPE, layers: 6 }, tokenizer: true })
  writeFileSync(join(root, 'learn.txt'), words(1, 700))
  writeFileSync(join(root, 'judge.txt'), words(2, 700))
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

/** Starts the CLI. `slow`: the TypeScript kernels take long enough for a kill to hit the middle of the work. */
function start(words: readonly string[], slow = false): ChildProcess {
  return spawn(process.execPath, [MAIN, ...words, '--work', join(root, 'work'), '--json'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...(slow ? { WHITTLE_KERNELS: 'reference' } : {}), NODE_OPTIONS: '' },
  })
}

async function ended(child: ChildProcess): Promise<{ code: number | null; json: Record<string, unknown> }> {
  let stdout = ''
  let stderr = ''
  child.stdout?.on('data', (text) => {
    stdout += String(text)
  })
  child.stderr?.on('data', (text) => {
    stderr += String(text)
  })
  const [code] = (await once(child, 'close')) as [number | null]
  try {
    return { code, json: JSON.parse(stdout) as Record<string, unknown> }
  } catch (error) {
    throw new Error(`no JSON on standard output, but ${JSON.stringify(stdout)} and on standard error: ${stderr}`, { cause: error })
  }
}

const recipe = (out: string): string[] => [
  '--model',
  join(root, 'model'),
  '--percent',
  '40',
  '--method',
  'uniform',
  '--corpus',
  join(root, 'learn.txt'),
  '--heldout',
  join(root, 'judge.txt'),
  '--calibration-tokens',
  '256',
  '--heldout-tokens',
  '256',
  '--window-tokens',
  '64',
  '--device',
  'cpu',
  '--threads',
  '1',
  '--out',
  join(root, out),
]

/** A planned run; its id. */
async function planned(out: string): Promise<string> {
  const { json } = await ended(start(['plan', ...recipe(out)]))
  expect(json).toMatchObject({ runId: expect.any(String), outPath: join(root, out) })
  return String(json.runId)
}

function look<T>(at: (store: Store) => T): T {
  const store = openStore(join(root, 'work'))
  try {
    return at(store)
  } finally {
    store.close()
  }
}

/** Waits until a run has `layers` layers on disk. */
async function layersWritten(id: string, layers: number): Promise<void> {
  await vi.waitFor(() => expect(look((store) => readJournal(store, id)).length).toBeGreaterThanOrEqual(layers), {
    timeout: 60_000,
    interval: 20,
  })
}

/** The engine's process: the CLI's only child. */
function engineOf(child: ChildProcess): number {
  const [pid] = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim().split(' ').map(Number)
  if (!pid) throw new Error('the CLI has no engine')
  return pid
}

const isAlive = (pid: number): boolean => existsSync(`/proc/${pid}`)
const hashOf = (name: string): string =>
  createHash('sha256')
    .update(readFileSync(join(root, name)))
    .digest('hex')

test('from folder to verified file, in one command', async () => {
  const { code, json } = await ended(start(['compress', ...recipe('straight.gguf')]))
  expect(json).toMatchObject({
    method: 'uniform',
    device: 'cpu',
    seconds: expect.any(Number),
    original: { bytes: expect.any(Number) },
    file: { path: join(root, 'straight.gguf'), sha256: hashOf('straight.gguf') },
    quality: {
      tokens: expect.any(Number),
      klDivergence: { mean: expect.any(Number), standardError: expect.any(Number), p99: expect.any(Number) },
    },
  })
  const { file, plan, budget, peakMemoryBytes } = json as Record<string, { bytes: number } & number>
  expect(file?.bytes).toBe(plan?.bytes)
  expect(plan?.bytes).toBeLessThanOrEqual(Number(budget?.bytes))
  expect(peakMemoryBytes).toBeGreaterThan(50e6)
  expect(code).toBe(0)
})

test.skipIf(process.platform !== 'linux')(
  'killed in mid-run with its engine, it goes on in another process and writes the same bytes',
  async () => {
    const id = await planned('broken.gguf')
    const first = start(['compress', '--resume', id], true)
    await layersWritten(id, 2)
    const engine = engineOf(first)
    first.kill('SIGKILL')
    await once(first, 'exit')
    await vi.waitFor(() => expect(isAlive(engine)).toBe(false), { timeout: 10_000 })
    expect(existsSync(join(root, 'broken.gguf'))).toBe(false)
    const before = look((store) => readRun(store, id))
    expect(before.summary).toMatchObject({ state: 'interrupted', stage: 'compress', calibration: 'reused' })
    const { code, json } = await ended(start(['compress', '--resume', id]))
    expect({ code, json }).toMatchObject({ code: 0, json: { runId: id } })
    expect(look((store) => readJournal(store, id)).slice(0, before.journal.length)).toEqual(before.journal)
    expect(hashOf('broken.gguf')).toBe(hashOf('straight.gguf'))
  },
)

test.skipIf(process.platform !== 'linux')(
  'an engine killed from outside is our failure: code 1, what is known of it, and the run can go on',
  async () => {
    const id = await planned('killed.gguf')
    const child = start(['compress', '--resume', id], true)
    const result = ended(child)
    await layersWritten(id, 1)
    process.kill(engineOf(child), 'SIGKILL')
    expect(await result).toMatchObject({ code: 1, json: { error: { code: 'engine-crashed', details: { signal: 'SIGKILL' } } } })
    expect(await ended(start(['compress', '--resume', id]))).toMatchObject({ code: 0 })
    expect(hashOf('killed.gguf')).toBe(hashOf('straight.gguf'))
  },
)

test.skipIf(process.platform === 'win32')('Ctrl-C stops it within five seconds with code 130 and one JSON object', async () => {
  const id = await planned('stopped.gguf')
  const child = start(['compress', '--resume', id], true)
  const result = ended(child)
  await layersWritten(id, 1)
  const started = performance.now()
  child.kill('SIGINT')
  expect(await result).toMatchObject({ code: 130, json: { error: { code: 'cancelled' } } })
  expect(performance.now() - started).toBeLessThan(5000)
  expect(look((store) => readRun(store, id)).summary.state).toBe('cancelled')
})
