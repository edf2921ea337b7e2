/** Kills at the moments that are hardest to go on from: between a change to the disk and the word of it. */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { listRuns } from '../../src-main/store/runs.ts'
import { compressLine, hashAt, lookInto, makePlace, makeRealExample, runCommand } from './real-run.ts'
import type { Place, RealExample } from './real-run.ts'
import type { Act, Blow } from './strike.ts'

const KILL: Act = { do: 'kill', who: 'tree' }
const GGUF = ['--method', 'uniform', '--percent', '55']
const FOLDER = ['--method', 'rtn', '--bits', '4.5', '--format', 'safetensors']
/** The output has its name, and its folder is about to be synced. */
const NAMED = 'sync .*/out$'
const OUTPUTS = [
  { name: 'x.gguf', method: GGUF },
  { name: 'x', method: FOLDER },
]
let root: string
let example: RealExample
/** Where the undisturbed runs are, and whose calibration the others take up. */
let wholes: { file: Place; folder: Place }

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'whittle-kill-moments-'))
  example = await makeRealExample(root)
  wholes = { file: makePlace(root, 'x.gguf'), folder: makePlace(root, 'x') }
  expect(await runCommand(example, compressLine(example, wholes.file, GGUF), null)).toMatchObject({ code: 0 })
  expect(await runCommand(example, compressLine(example, wholes.folder, FOLDER), null)).toMatchObject({ code: 0 })
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

/** A folder of its own for `name`, with the work folder of the undisturbed run of a file. */
function placeOf(name: string, folder: string): Place {
  return { ...makePlace(join(root, folder), name), work: wholes.file.work }
}

/** Kills a new run by `at`, goes on with it, and expects the bytes of the undisturbed run, and nothing else where they lie. */
async function killAndGoOn(place: Place, method: readonly string[], at: readonly Blow[]): Promise<void> {
  const { signal } = await runCommand(example, compressLine(example, place, method), { watch: [place.out], at })
  expect(signal).toBe('SIGKILL')
  const [run] = lookInto(place.work, listRuns)
  expect(run).toMatchObject({ state: 'interrupted' })
  const { code, json } = await runCommand(example, ['compress', '--resume', run?.id ?? '', '--work', place.work], null)
  expect({ code, json }).toMatchObject({ code: 0 })
  const name = basename(place.output)
  expect(hashAt(place.output)).toBe(hashAt(join(wholes.file.out, name)))
  expect(readdirSync(place.out)).toEqual([name])
}

describe.skipIf(process.platform === 'win32')('killed', () => {
  it.each([
    { name: 'x.gguf', method: GGUF, call: 'rm' },
    { name: 'x', method: FOLDER, call: 'rm' },
    { name: 'x', method: FOLDER, call: 'rmdir' },
  ])(
    'while it tries whether $name can be written, before its $call, it takes what it left there for its own',
    async ({ name, method, call }) => {
      await killAndGoOn(placeOf(name, `${call}-${name}`), method, [{ stage: 'open', moment: `^${call} `, act: KILL }])
    },
  )

  it('after its folder has its name, it still takes away what lies beside it: states of learning, and the folder it replaced', async () => {
    const place = placeOf('x', 'beside')
    cpSync(wholes.folder.output, place.output, { recursive: true })
    mkdirSync(`${place.output}.learning`)
    await killAndGoOn(place, [...FOLDER, '--force'], [{ stage: 'compress', moment: NAMED, act: KILL }])
  })

  it.each(OUTPUTS)('when $name has its name but its last layer is in no journal, it takes it up again', async ({ name, method }) => {
    const place = placeOf(name, `unheard-${name}`)
    await killAndGoOn(place, method, [
      { stage: 'compress', moment: '^tells layer$', after: 2, act: { do: 'mute' } },
      { stage: 'compress', moment: NAMED, act: KILL },
    ])
  })
})
