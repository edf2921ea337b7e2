/**
 * A run as the user starts it, struck with SIGKILL in every stage, and gone on with: it ends with the bytes and figures of the undisturbed
 * one. WHITTLE_KILL_SEED draws other moments, WHITTLE_KILL_ROUNDS more of them.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Stage } from '../../src-main/contract/run.ts'
import { listRuns, readRun } from '../../src-main/store/runs.ts'
import { seededRandom } from '../../src-main/tensor/random.ts'
import { compressLine, figuresOf, hashAt, lookInto, makePlace, makeRealExample, runCommand } from './real-run.ts'
import type { Place, RealExample } from './real-run.ts'
import type { Act } from './strike.ts'

const SEED = Number(process.env['WHITTLE_KILL_SEED'] ?? 1)
const ROUNDS = Number(process.env['WHITTLE_KILL_ROUNDS'] ?? 1)
type Who = Extract<Act, { do: 'kill' }>['who']
const STAGES = Stage.options

/** Who is killed in each stage: over both, everybody in nearly every one. */
const OUTPUTS: { name: string; method: string[]; who: Who[] }[] = [
  { name: 'x.gguf', method: ['--percent', '55'], who: ['tree', 'engine', 'command', 'tree', 'engine'] },
  {
    name: 'x',
    method: ['--method', 'mc', '--bits', '2.54', '--format', 'safetensors'],
    who: ['command', 'tree', 'engine', 'command', 'tree'],
  },
]

let root: string
let example: RealExample

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'whittle-kills-'))
  example = await makeRealExample(root)
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

/** What a run ends with, and its moments in each stage. */
interface Undisturbed {
  readonly hash: string
  readonly figures: unknown
  readonly kept: string[]
  readonly moments: Map<string, string[]>
}

async function undisturbed(name: string, method: readonly string[]): Promise<Undisturbed> {
  const place = makePlace(join(root, `${name}-whole`), name)
  const record = join(root, `${name}-moments`)
  const { code, json } = await runCommand(example, compressLine(example, place, method), { watch: [place.out, place.work], record })
  expect(code).toBe(0)
  const moments = Map.groupBy(readFileSync(record, 'utf8').trimEnd().split('\n'), (line) => line.split(' ', 1)[0] ?? '')
  return { hash: hashAt(place.output), figures: figuresOf(json), kept: keptIn(place), moments }
}

/** What lies in a work folder beside its database. What was left half written there goes later, see pipeline/left-parts.ts. */
function keptIn({ work }: Place): string[] {
  const names = ['calibrations', 'outputs', 'owners'].flatMap((folder) =>
    readdirSync(join(work, folder))
      .sort()
      .map((name) => `${folder}/${name}`),
  )
  return names.filter((name) => !name.endsWith('.part'))
}

/** Goes on with the only run of a place, which is there as soon as an engine works. */
function resumeLine({ work }: Place): string[] {
  const [id = ''] = lookInto(work, (store) => listRuns(store).map((run) => run.id))
  return ['compress', '--resume', id, '--work', work]
}

/** One life of a run, ended at a moment of a stage. */
async function killAt(place: Place, line: readonly string[], stage: Stage, moment: number, who: Who): Promise<void> {
  const end = await runCommand(example, line, { watch: [place.out, place.work], at: [{ stage, moment, act: { do: 'kill', who } }] })
  const [summary] = lookInto(place.work, listRuns)
  const { error } = lookInto(place.work, (store) => readRun(store, summary?.id ?? ''))
  expect(summary?.state).toBe('interrupted')
  if (who === 'engine') {
    expect(end).toMatchObject({ code: 1, json: { error: { code: 'engine-crashed', details: { signal: 'SIGKILL' } } } })
    expect(error).toMatchObject({ code: 'engine-crashed', details: { signal: 'SIGKILL' } })
  } else {
    expect(end.signal).toBe('SIGKILL')
    expect(error).toBeNull()
  }
}

describe.skipIf(process.platform === 'win32')('killed in every stage', () => {
  describe.each(OUTPUTS)('a run that writes $name', ({ name, method, who }) => {
    let whole: Undisturbed
    beforeAll(async () => {
      whole = await undisturbed(name, method)
    })

    it.each(Array.from({ length: ROUNDS }, (_, round) => round))(
      'goes on each time, and ends as if nothing had been (round %i)',
      async (round) => {
        const random = seededRandom(SEED * 1000 + round)
        const place = makePlace(join(root, `${name}-${round}`), name)
        const struck: string[] = []
        for (const [index, stage] of STAGES.entries()) {
          const moments = whole.moments.get(stage) ?? []
          const moment = Math.floor(random() * moments.length)
          const victim = who[(index + round) % who.length] ?? 'tree'
          struck.push(`${victim} before: ${moments[moment]}`)
          await killAt(place, index === 0 ? compressLine(example, place, method) : resumeLine(place), stage, moment, victim)
          if (existsSync(place.output)) expect(hashAt(place.output), struck.join('\n')).toBe(whole.hash)
        }
        const { code, json } = await runCommand(example, resumeLine(place), null)
        expect({ code, json }, struck.join('\n')).toMatchObject({ code: 0, json: { method: expect.any(String) } })
        expect(hashAt(place.output), struck.join('\n')).toBe(whole.hash)
        expect(figuresOf(json), struck.join('\n')).toEqual(whole.figures)
        expect(readdirSync(place.out), struck.join('\n')).toEqual([name])
        expect(keptIn(place), struck.join('\n')).toEqual(whole.kept)
      },
    )
  })
})
