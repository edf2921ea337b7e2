/**
 * What a run writes is taken away or renamed while it works, or wanted by another: a code, never 'done' without the file, and the same
 * bytes once it goes on.
 */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { seededRandom } from '../../src-main/tensor/random.ts'
import { hashAt, makeRealExample, type RealExample } from './real-run.ts'
import { openRealRunner, outputAt, realRecipe, recipeAt, type RealRunner } from './real-runner.ts'
import type { Act } from './strike.ts'

let root: string
let example: RealExample
let real: RealRunner
/** What undisturbed runs end with, and their moments. */
const whole = new Map<string, { hash: string; figures: unknown; moments: Map<string, string[]> }>()
const random = seededRandom(Number(process.env['WHITTLE_KILL_SEED'] ?? 1))

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'whittle-vanishing-'))
  example = await makeRealExample(root)
  real = openRealRunner(example, join(root, 'work'))
  for (const name of ['x.gguf', 'x']) {
    const output = outputAt(root, `whole-${name}`, name)
    const record = join(root, `moments-${name}`)
    const { id, state } = await real.begin(recipeAt(example, output), { watch: [dirname(output)], record })
    expect(state).toBe('done')
    const moments = Map.groupBy(readFileSync(record, 'utf8').trimEnd().split('\n'), (line) => line.split(' ', 1)[0] ?? '')
    whole.set(name, { hash: hashAt(output), figures: real.figures(id), moments })
  }
})
afterAll(async () => {
  await real.close()
  rmSync(root, { recursive: true, force: true })
})

const CASES: { name: string; stage: 'compress' | 'report'; what: 'partial' | 'output' | 'folder'; how: 'remove' | 'rename' }[] = [
  { name: 'x.gguf', stage: 'compress', what: 'partial', how: 'remove' },
  { name: 'x.gguf', stage: 'compress', what: 'folder', how: 'rename' },
  { name: 'x.gguf', stage: 'report', what: 'output', how: 'remove' },
  { name: 'x.gguf', stage: 'report', what: 'folder', how: 'rename' },
  { name: 'x', stage: 'compress', what: 'partial', how: 'rename' },
  { name: 'x', stage: 'compress', what: 'folder', how: 'remove' },
  { name: 'x', stage: 'report', what: 'output', how: 'remove' },
]

/** A moment by lot at which it is there: what is written has its temporary name from the first layer told on. */
function momentOf(name: string, stage: string): number {
  const lines = whole.get(name)?.moments.get(stage) ?? []
  const [first, last] =
    stage === 'compress'
      ? [
          lines.indexOf('compress tells layer'),
          lines.findIndex((line) => line.startsWith('compress rename') && !line.includes('safetensors')),
        ]
      : [0, lines.indexOf('report tells reported')]
  return first + 1 + Math.floor(random() * (last - first - 1))
}

describe.skipIf(process.platform === 'win32')('the work folder is taken away', () => {
  it.each([
    { stage: 'calibrate', moment: '^rename', what: 'calibrations', code: 'work-folder-not-writable' },
    { stage: 'compress', moment: '^tells layer', what: 'calibrations', code: 'verification-failed' },
    { stage: 'compress', moment: '^tells layer', what: '', code: 'verification-failed' },
  ])('in $stage: $what', async ({ stage, moment, what, code }) => {
    const output = outputAt(root, `work-${stage}-${what}`, 'x.gguf')
    const own = openRealRunner(example, join(dirname(output), 'work'))
    try {
      const path = join(own.store.folders.root, what)
      const act: Act = { do: 'remove', path }
      const { state, error } = await own.begin(realRecipe(example, output), {
        watch: [own.store.folders.root],
        at: [{ stage, moment, act }],
      })
      expect({ state, code: error?.code }, error?.message).toEqual({ state: expect.stringMatching(/^(failed|interrupted)$/), code })
    } finally {
      await own.close()
    }
  })
})

describe.skipIf(process.platform === 'win32')('taken away at work', () => {
  it.each(CASES)('$name: its $what in $stage ($how)', async ({ name, stage, what, how }) => {
    const output = outputAt(root, `${name}-${stage}-${what}-${how}`, name)
    const path = { partial: `${output}.partial`, output, folder: dirname(output) }[what]
    const act: Act = how === 'remove' ? { do: 'remove', path } : { do: 'rename', path, to: `${path}.away` }
    const moment = momentOf(name, stage)
    const { id, state, error } = await real.begin(recipeAt(example, output), { watch: [dirname(output)], at: [{ stage, moment, act }] })
    const at = `before ${whole.get(name)?.moments.get(stage)?.[moment]}`
    expect(existsSync(path) && what !== 'folder', at).toBe(false)
    expect({ state, code: error?.code }, `${at}: ${error?.message}`).toEqual({
      state: 'failed',
      code: expect.stringMatching(/^output-(changed|not-writable)$/),
    })
    if (what === 'folder') {
      rmSync(path, { recursive: true, force: true })
      if (how === 'remove') mkdirSync(path)
      else renameSync(`${path}.away`, path)
    }
    await real.goOn(id)
    expect(hashAt(output)).toBe(whole.get(name)?.hash)
    expect(real.figures(id)).toEqual(whole.get(name)?.figures)
    expect(readdirSync(dirname(output)).filter((left) => !left.endsWith('.away'))).toEqual([name])
  })
})

describe.skipIf(process.platform === 'win32')('two runs, one place', () => {
  it('through a link and from another work folder, learning from another text: one works, the other is refused, and no bytes are mixed', async () => {
    const output = outputAt(root, 'pair', 'x.gguf')
    symlinkSync('pair', join(root, 'link'))
    const other = openRealRunner(example, join(root, 'other-work'))
    try {
      const later = realRecipe(example, join(root, 'link', 'x.gguf'), { corpusPath: example.judge, heldOutPath: example.learn })
      const go = join(root, 'go')
      const wait: Act = { do: 'wait', path: go }
      let refusal: ReturnType<RealRunner['begin']> | null = null
      const first = await real.begin(
        recipeAt(example, output),
        { watch: [], at: [{ stage: 'compress', moment: '^tells layer', after: 1, act: wait }] },
        (event) => {
          if (refusal !== null || event.kind !== 'layer') return
          refusal = other.begin(later, null)
          void refusal.then(() => writeFileSync(go, ''))
        },
      )
      expect(first).toMatchObject({ state: 'done' })
      const second = await (refusal as ReturnType<RealRunner['begin']> | null)
      expect(second).toMatchObject({ state: 'failed', error: { code: 'run-busy' } })
      expect(hashAt(output)).toBe(whole.get('x.gguf')?.hash)
      expect(readdirSync(dirname(output))).toEqual(['x.gguf'])
    } finally {
      await other.close()
    }
  })
})
