/**
 * A volume that is full or became read-only while a run works, made up in the engine's process (see strike.ts): a code, the host lives on, and the same
 * bytes once the run goes on.
 */
import { execFileSync } from 'node:child_process'
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { Recipe } from '../../src-main/contract/recipe.ts'
import type { PatientOptions } from '../../src-main/jobs/patient-writes.ts'
import { readRun } from '../../src-main/store/runs.ts'
import type { Store } from '../../src-main/store/store.ts'
import { seededRandom } from '../../src-main/tensor/random.ts'
import { hashAt, makeRealExample, type RealExample } from './real-run.ts'
import { folderRecipe, openRealRunner, realRecipe, type RealRunner } from './real-runner.ts'
import type { Act, Strike } from './strike.ts'

// A minute of patience is more than a test has.
vi.mock('../../src-main/jobs/patient-writes.ts', async (original) => {
  const { createPatientWrites } = await original<typeof import('../../src-main/jobs/patient-writes.ts')>()
  return { createPatientWrites: (store: Store, options: PatientOptions) => createPatientWrites(store, { ...options, patienceMs: 1500, againMs: 50 }) }
})

let root: string
let example: RealExample
let real: RealRunner
interface Whole { readonly hash: string; readonly figures: unknown; readonly writes: number }
const whole = new Map<string, Whole>()
const random = seededRandom(Number(process.env['WHITTLE_KILL_SEED'] ?? 1))

/** An output folder of its own. */
function outputAt(folder: string, name: string): string {
  mkdirSync(join(root, folder))
  return join(root, folder, name)
}
const recipeAt = (output: string, changes: Partial<Recipe> = {}): Recipe => (basename(output) === 'x' ? folderRecipe : realRecipe)(example, output, changes)

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'whittle-failing-'))
  example = await makeRealExample(root)
  real = openRealRunner(example, join(root, 'work'))
  for (const name of ['x.gguf', 'x']) {
    const output = outputAt(`whole-${name}`, name)
    const record = join(root, `moments-${name}`)
    const { id, state } = await real.begin(recipeAt(output), { watch: [dirname(output)], record })
    expect(state).toBe('done')
    const writes = readFileSync(record, 'utf8').split('\n').filter((line) => line.startsWith('compress write')).length
    whole.set(name, { hash: hashAt(output), figures: real.figures(id), writes })
  }
})
afterAll(async () => {
  await real.close()
  rmSync(root, { recursive: true, force: true })
})

/** Takes a new run to its failure, and on to its end: nothing of the failure is left. */
async function failAndGoOn(recipe: Recipe, strike: Strike, code: string, expected: Whole | null): Promise<string> {
  const output = recipe.outPath ?? ''
  const { id, state, error } = await real.begin(recipe, strike)
  expect({ state, code: error?.code }, error?.message).toEqual({ state: 'failed', code })
  expect(existsSync(output)).toBe(false)
  await real.goOn(id)
  expect(readdirSync(dirname(output))).toEqual([basename(output)])
  if (expected !== null) {
    expect(hashAt(output)).toBe(expected.hash)
    expect(real.figures(id)).toEqual(expected.figures)
  }
  return id
}

/** A volume without room for one more page of the database. @returns what makes room */
function fill({ database }: Store): () => void {
  database.pragma('wal_checkpoint(TRUNCATE)')
  database.pragma(`max_page_count = ${database.pragma('page_count', { simple: true })}`)
  return () => { database.pragma('max_page_count = 1073741823') }
}

function forbidWriting({ database }: Store): () => void {
  database.pragma('query_only = ON')
  return () => { database.pragma('query_only = OFF') }
}

describe.skipIf(process.platform === 'win32')('the volume of the output', () => {
  it.each([
    { name: 'x.gguf', refused: 'ENOSPC', moment: '^write', code: 'disk-full' },
    { name: 'x', refused: 'ENOSPC', moment: '^write', code: 'disk-full' },
    { name: 'x', refused: 'ENOSPC', moment: '^open .*config.json$', code: 'disk-full' },
    { name: 'x.gguf', refused: 'EROFS', moment: '^write', code: 'output-not-writable' },
    { name: 'x', refused: 'EROFS', moment: '^write', code: 'output-not-writable' },
    { name: 'x.gguf', refused: 'EACCES', moment: '^rename', code: 'output-not-writable' },
  ] as const)('$refused at $moment of $name', async ({ name, refused, moment, code }) => {
    const output = outputAt(`${name}-${refused}-${moment.slice(1, 5)}`, name)
    const expected = whole.get(name) ?? null
    const after = moment === '^write' ? Math.floor(random() * (expected?.writes ?? 1)) : 0
    const act: Act = { do: 'refuse', code: refused, under: dirname(output) }
    await failAndGoOn(recipeAt(output), { watch: [dirname(output)], at: [{ stage: 'compress', moment, after, act }] }, code, expected)
  })

  it('has no more room for a state of learning', async () => {
    const output = outputAt('learning', 'x')
    const learned = recipeAt(output, { method: 'mobe', budget: { kind: 'remove', percent: 30 }, parameters: { steps: 2 } })
    const under = `${output}.learning`
    const act: Act = { do: 'refuse', code: 'ENOSPC', under }
    await failAndGoOn(learned, { watch: [under], at: [{ stage: 'compress', moment: '^write', after: 1, act }] }, 'disk-full', null)
  })
})

describe.skipIf(process.platform === 'win32')('the volume of the work folder', () => {
  it.each([
    { stage: 'calibrate', refused: 'ENOSPC', moment: '^write', code: 'disk-full' },
    { stage: 'calibrate', refused: 'EROFS', moment: '^write', code: 'work-folder-not-writable' },
    { stage: 'plan', refused: 'ENOSPC', moment: '^write', code: 'disk-full' },
    { stage: 'plan', refused: 'EROFS', moment: '^rename', code: 'work-folder-not-writable' },
  ] as const)('$refused in $stage, at $moment', async ({ stage, refused, moment, code }) => {
    const output = outputAt(`${stage}-${refused}`, 'x.gguf')
    // What an earlier run kept is out of the way.
    rmSync(real.store.folders.calibrations, { recursive: true })
    mkdirSync(real.store.folders.calibrations)
    const under = real.store.folders.calibrations
    await failAndGoOn(recipeAt(output), { watch: [under], at: [{ stage, moment, act: { do: 'refuse', code: refused, under } }] }, code, whole.get('x.gguf') ?? null)
  })

  it.each([
    { stage: 'plan', refuse: fill }, { stage: 'compress', refuse: forbidWriting }, { stage: 'report', refuse: fill },
  ])('takes no line of the history from $stage on ($refuse.name): the run is interrupted with the store\'s words, and goes on', async ({ stage, refuse }) => {
    const output = outputAt(`history-${stage}`, 'x.gguf')
    let giveWay: (() => void) | null = null
    const { id, state, error } = await real.begin(recipeAt(output), null, (event) => {
      if (giveWay === null && event.kind === 'stage' && event.stage === stage) giveWay = refuse(real.store)
    })
    expect({ state, code: error?.code }).toEqual({ state: 'interrupted', code: 'work-folder-not-writable' })
    ;(giveWay as (() => void) | null)?.()
    await vi.waitFor(() => expect(readRun(real.store, id).summary.state).toBe('interrupted'), { timeout: 10_000 })
    await real.goOn(id)
    expect(hashAt(output)).toBe(whole.get('x.gguf')?.hash)
    expect(real.figures(id)).toEqual(whole.get('x.gguf')?.figures)
  })
})

it('nothing is written before the store knows whose it is', async () => {
  const output = outputAt('unknown', 'x.gguf')
  let giveWay: (() => void) | null = null
  const { id, state } = await real.begin(recipeAt(output), null, (event) => {
    if (giveWay === null && event.kind === 'state' && event.state === 'running') giveWay = forbidWriting(real.store)
  })
  const left = readdirSync(dirname(output))
  ;(giveWay as (() => void) | null)?.()
  expect({ state, left }).toEqual({ state: 'interrupted', left: [] })
  await real.goOn(id)
})

describe('one real volume for both', () => {
  it('that fills up while layers are written: the host lives on, and the run goes on when there is room', async ({ skip }) => {
    const volume = join(root, 'volume')
    mkdirSync(volume)
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=80m', 'tmpfs', volume], { stdio: 'ignore' })
    } catch {
      skip('no small volume can be mounted here')
    }
    const own = openRealRunner(example, join(volume, 'work'))
    try {
      const output = join(volume, 'x.gguf')
      const filler = join(volume, 'filler')
      const { id, state, error } = await own.begin(recipeAt(output), null, (event) => {
        if (event.kind === 'stage' && event.stage === 'compress' && event.state === 'started') takeAllRoom(filler)
      })
      expect({ state, code: error?.code }).toEqual(expect.toBeOneOf([
        { state: 'failed', code: 'disk-full' }, { state: 'interrupted', code: 'work-folder-not-writable' },
      ]))
      rmSync(filler)
      await own.goOn(id)
      expect(hashAt(output)).toBe(whole.get('x.gguf')?.hash)
      expect(own.figures(id)).toEqual(whole.get('x.gguf')?.figures)
    } finally {
      await own.close()
      execFileSync('umount', [volume])
    }
  })
})

function takeAllRoom(path: string): void {
  const zeros = new Uint8Array(2 ** 20)
  for (let size = zeros.length; size >= 1;) {
    try {
      appendFileSync(path, zeros.subarray(0, size))
    } catch {
      size = Math.floor(size / 2) // full at this size: smaller pieces until not a byte fits
    }
  }
}
