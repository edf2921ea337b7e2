/**
 * A volume that is full or became read-only while a run works, made up in the engine's process (see strike.ts): a code, the host lives on,
 * and the same bytes once the run goes on.
 */
import { execFileSync } from 'node:child_process'
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { RunEvent } from '../../src-main/contract/events.ts'
import type { Recipe } from '../../src-main/contract/recipe.ts'
import type { PatientOptions } from '../../src-main/jobs/patient-writes.ts'
import { readRun } from '../../src-main/store/runs.ts'
import type { Store } from '../../src-main/store/store.ts'
import { seededRandom } from '../../src-main/tensor/random.ts'
import { hashAt, makeRealExample, type RealExample } from './real-run.ts'
import { openRealRunner, outputAt, recipeAt, type RealRunner, type Rested } from './real-runner.ts'
import type { Act, Strike } from './strike.ts'

// A minute of patience is more than a test has.
vi.mock('../../src-main/jobs/patient-writes.ts', async (original) => {
  const { createPatientWrites } = await original<typeof import('../../src-main/jobs/patient-writes.ts')>()
  return {
    createPatientWrites: (store: Store, options: PatientOptions) =>
      createPatientWrites(store, { ...options, patienceMs: 1500, againMs: 50 }),
  }
})

let root: string
let example: RealExample
let real: RealRunner
interface Whole {
  readonly hash: string
  readonly figures: unknown
  readonly writes: number
}
const whole = new Map<string, Whole>()
const random = seededRandom(Number(process.env['WHITTLE_KILL_SEED'] ?? 1))

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'whittle-failing-'))
  example = await makeRealExample(root)
  real = openRealRunner(example, join(root, 'work'))
  for (const name of ['x.gguf', 'x']) {
    const output = outputAt(root, `whole-${name}`, name)
    const record = join(root, `moments-${name}`)
    const { id, state } = await real.begin(recipeAt(example, output), { watch: [dirname(output)], record })
    expect(state).toBe('done')
    const writes = readFileSync(record, 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('compress write')).length
    whole.set(name, { hash: hashAt(output), figures: real.figures(id), writes })
  }
})
afterAll(async () => {
  await real.close()
  rmSync(root, { recursive: true, force: true })
})

/** What is refused at a moment of a stage, and the code that the run fails with. */
interface Refusal {
  readonly stage: string
  readonly moment: string
  readonly after?: number
  readonly refused: Extract<Act, { do: 'refuse' }>['code']
  readonly code: string
}

/** Takes a run from one failure to the next, each in a life of its own, and then to its end: nothing of them is left. */
async function failAndGoOn(recipe: Recipe, under: string, refusals: readonly Refusal[], expected: Whole | null): Promise<void> {
  const output = recipe.outPath ?? ''
  let id: string | null = null
  for (const { refused, code, ...blow } of refusals) {
    const strike: Strike = { watch: [under], at: [{ ...blow, act: { do: 'refuse', code: refused, under } }] }
    const rested: Rested & { id?: string } = id === null ? await real.begin(recipe, strike) : await real.resume(id, strike)
    id ??= rested.id ?? null
    expect({ state: rested.state, code: rested.error?.code }, `${refused} at ${blow.moment}: ${rested.error?.message}`).toEqual({
      state: 'failed',
      code,
    })
    expect(existsSync(output)).toBe(false)
  }
  await real.goOn(id ?? '')
  expect(readdirSync(dirname(output))).toEqual([basename(output)])
  if (expected === null) return
  expect(hashAt(output)).toBe(expected.hash)
  expect(real.figures(id ?? '')).toEqual(expected.figures)
}

function forbidWriting({ database }: Store): () => void {
  database.pragma('query_only = ON')
  return () => {
    database.pragma('query_only = OFF')
  }
}

/** Lets the store refuse from the first event on that `begins` takes. */
function refuseOnce(
  refuse: (store: Store) => () => void,
  begins: (event: RunEvent) => boolean,
): { onEvent(event: RunEvent): void; giveWay(): void } {
  let giveWay: (() => void) | null = null
  return {
    onEvent: (event) => {
      if (giveWay === null && begins(event)) giveWay = refuse(real.store)
    },
    giveWay: () => {
      giveWay?.()
    },
  }
}

describe.skipIf(process.platform === 'win32')('the volume of the output', () => {
  it.each(['x.gguf', 'x'])('is full, then read-only, then closed to its user, while %s is written', async (name) => {
    const output = outputAt(root, `refused-${name}`, name)
    const expected = whole.get(name) ?? null
    const after = Math.floor(random() * (expected?.writes ?? 1))
    const refusals: Refusal[] = [
      { stage: 'compress', moment: '^write', after, refused: 'ENOSPC', code: 'disk-full' },
      { stage: 'compress', moment: '^write', refused: 'EROFS', code: 'output-not-writable' },
      { stage: 'compress', moment: '^rename', refused: 'EACCES', code: 'output-not-writable' },
    ]
    // The small files of a folder come last.
    if (name === 'x') refusals.push({ stage: 'compress', moment: '^open .*config.json$', refused: 'ENOSPC', code: 'disk-full' })
    await failAndGoOn(recipeAt(example, output), dirname(output), refusals, expected)
  })

  it('has no more room for a state of learning', async () => {
    const output = outputAt(root, 'learning', 'x')
    const learned = recipeAt(example, output, { method: 'mobe', budget: { kind: 'remove', percent: 30 }, parameters: { steps: 2 } })
    await failAndGoOn(
      learned,
      `${output}.learning`,
      [{ stage: 'compress', moment: '^write', after: 1, refused: 'ENOSPC', code: 'disk-full' }],
      null,
    )
  })
})

describe.skipIf(process.platform === 'win32')('the volume of the work folder', () => {
  it('is full and read-only in calibrate, then in plan', async () => {
    // What an earlier run kept is out of the way.
    const under = real.store.folders.calibrations
    rmSync(under, { recursive: true })
    mkdirSync(under)
    await failAndGoOn(
      recipeAt(example, outputAt(root, 'refused-work', 'x.gguf')),
      under,
      [
        { stage: 'calibrate', moment: '^write', refused: 'ENOSPC', code: 'disk-full' },
        { stage: 'calibrate', moment: '^write', refused: 'EROFS', code: 'work-folder-not-writable' },
        { stage: 'plan', moment: '^write', refused: 'ENOSPC', code: 'disk-full' },
        { stage: 'plan', moment: '^rename', refused: 'EROFS', code: 'work-folder-not-writable' },
      ],
      whole.get('x.gguf') ?? null,
    )
  })

  it("takes no line of the history in plan, then in compress, then in report: the run is interrupted with the store's words each time", async () => {
    const output = outputAt(root, 'history', 'x.gguf')
    let id: string | null = null
    for (const stage of ['plan', 'compress', 'report'] as const) {
      const refusal = refuseOnce(forbidWriting, (event) => event.kind === 'stage' && event.stage === stage)
      const rested: Rested & { id?: string } =
        id === null ? await real.begin(recipeAt(example, output), null, refusal.onEvent) : await real.resume(id, null, refusal.onEvent)
      id ??= rested.id ?? null
      expect({ stage, state: rested.state, code: rested.error?.code }).toEqual({
        stage,
        state: 'interrupted',
        code: 'work-folder-not-writable',
      })
      refusal.giveWay()
      await vi.waitFor(() => expect(readRun(real.store, id ?? '').summary.state).toBe('interrupted'), { timeout: 10_000 })
    }
    await real.goOn(id ?? '')
    expect(hashAt(output)).toBe(whole.get('x.gguf')?.hash)
    expect(real.figures(id ?? '')).toEqual(whole.get('x.gguf')?.figures)
  })
})

it('nothing is written before the store knows whose it is', async () => {
  const output = outputAt(root, 'unknown', 'x.gguf')
  const refusal = refuseOnce(forbidWriting, (event) => event.kind === 'state' && event.state === 'running')
  const { id, state } = await real.begin(recipeAt(example, output), null, refusal.onEvent)
  const left = readdirSync(dirname(output))
  refusal.giveWay()
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
      const { id, state, error } = await own.begin(recipeAt(example, output), null, (event) => {
        if (event.kind === 'stage' && event.stage === 'compress' && event.state === 'started') takeAllRoom(filler)
      })
      expect({ state, code: error?.code }).toEqual(
        expect.toBeOneOf([
          { state: 'failed', code: 'disk-full' },
          { state: 'interrupted', code: 'work-folder-not-writable' },
        ]),
      )
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
