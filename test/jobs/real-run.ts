import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import type { ModelShape } from '../../src-main/architectures/architecture.ts'
import { openStore, type Store } from '../../src-main/store/store.ts'
import { TINY_SHAPE, writeTinyCheckpoint } from '../fixtures/tiny-checkpoint.ts'
import { words } from '../pipeline/job-example.ts'
import type { Strike } from './strike.ts'

const MAIN = fileURLToPath(new URL('../../src-main/hosts/cli/main.ts', import.meta.url))
const STRIKE = new URL('./strike.ts', import.meta.url).href

/** A tiny model and texts, for runs of the real command and engine. */
export interface RealExample {
  readonly root: string
  readonly model: string
  readonly learn: string
  readonly judge: string
}

/** Makes the example in `root`, which exists. */
export async function makeRealExample(root: string, shape: Partial<ModelShape> = {}): Promise<RealExample> {
  const example = { root, model: join(root, 'model'), learn: join(root, 'learn.txt'), judge: join(root, 'judge.txt') }
  await writeTinyCheckpoint(example.model, { shape: { ...TINY_SHAPE, ...shape }, tokenizer: true })
  writeFileSync(example.learn, words(1, 700))
  writeFileSync(example.judge, words(2, 700))
  return example
}

/** A place of one run: an output folder, and a work folder beside it. */
export interface Place {
  readonly work: string
  readonly out: string
  readonly output: string
}

/** Makes a place below `root`. @param name of what is written */
export function makePlace(root: string, name: string): Place {
  const place = { work: join(root, 'work'), out: join(root, 'out'), output: join(root, 'out', name) }
  mkdirSync(place.out, { recursive: true })
  return place
}

/** What is set for a process in which, or in whose engine, a strike happens. Compiled code is kept, so that the many starts cost little. */
export function struckBy(strike: Strike | null, { root }: RealExample): Record<string, string> {
  const compiled = { NODE_COMPILE_CACHE: join(root, 'compiled') }
  return strike === null
    ? { ...compiled, NODE_OPTIONS: '' }
    : { ...compiled, NODE_OPTIONS: `--import ${STRIKE}`, WHITTLE_TEST_STRIKE: JSON.stringify(strike) }
}

/** How a command ended. `json` is what it told, null where it was killed. */
export interface CommandEnd {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly json: Record<string, unknown> | null
  readonly stderr: string
}

/** Runs one command line to its end. */
export async function runCommand(example: RealExample, line: readonly string[], strike: Strike | null): Promise<CommandEnd> {
  const child = spawn(process.execPath, [MAIN, ...line, '--json'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...struckBy(strike, example) },
  })
  const ended = new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', (code, signal) => resolve([code, signal]))
  })
  const [stdout, stderr, [code, signal]] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  if (signal === null && stdout === '') throw new Error(`the command said nothing, but: ${stderr}`)
  return { code, signal, json: stdout === '' ? null : (JSON.parse(stdout) as Record<string, unknown>), stderr }
}

/** The words of a new run. */
export function compressLine({ model, learn, judge }: RealExample, { work, output }: Place, method: readonly string[]): string[] {
  return [
    'compress',
    model,
    ...method,
    '--corpus',
    learn,
    '--heldout',
    judge,
    '--calibration-tokens',
    '128',
    '--heldout-tokens',
    '128',
    '--window-tokens',
    '32',
    '--device',
    'cpu',
    '--threads',
    '1',
    '--work',
    work,
    '--out',
    output,
  ]
}

/** Looks into a work folder's store, as the next process that opens it. */
export function lookInto<T>(work: string, look: (store: Store) => T): T {
  const store = openStore(work)
  try {
    return look(store)
  } finally {
    store.close()
  }
}

/** The bytes of a file, or of all files of a folder, as one hash. */
export function hashAt(path: string): string {
  const hash = createHash('sha256')
  const names = statSync(path).isDirectory() ? readdirSync(path).sort() : ['']
  for (const name of names) hash.update(`${name}\0`).update(readFileSync(join(path, name)))
  return hash.digest('hex')
}

/** What of a report, or of a command's word on it, does not depend on time, memory and place. */
export function figuresOf(told: unknown): unknown {
  if (Array.isArray(told)) return told.map(figuresOf)
  if (typeof told !== 'object' || told === null) return told
  const lasting = Object.entries(told).filter(([key]) => !/seconds|peakMemory|^path$|^runId$/i.test(key))
  return Object.fromEntries(lasting.map(([key, value]) => [key, figuresOf(value)]))
}
