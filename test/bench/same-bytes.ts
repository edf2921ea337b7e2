/**
 * Whether every recipe still gives the bytes it gave at another commit: each method in each format it writes, on the model that comes with
 * Whittle and on a seeded one of odd shapes. npm run bench:same-bytes -- --ref <commit> [--only <method>]. Both commits run on this
 * machine, because a processor's own arithmetic decides the last bits of what is measured. Exits with 1 where a plan, a file or a figure
 * differs.
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { noteText, type PlanNote } from '../../src-main/contract/notes.ts'
import { Plan } from '../../src-main/contract/plan.ts'
import { methods } from '../../src-main/methods/index.ts'
import { formatsOf } from '../../src-main/methods/method.ts'
import { upgradePlan } from '../../src-main/store/old-versions.ts'
import { writeTinyCheckpoint } from '../fixtures/tiny-checkpoint.ts'

const DEMO = 'whittle:demo-model'
const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** What came of one recipe: hashes of the plan, of each file, and of the figures of the report; or the error both must give. */
type Outcome = Readonly<Record<string, string>>

/** Rows of 160 and 96, which K-quants do not fit; experts in odd numbers; untied embeddings. */
const ODD = { layers: 3, hidden: 160, heads: 5, kvHeads: 1, headSize: 32, experts: 5, expertsPerToken: 3, expertWidth: 96, vocabulary: 640 }

const COMMON = [
  '--calibration-tokens',
  '1024',
  '--heldout-tokens',
  '512',
  '--window-tokens',
  '128',
  '--threads',
  '1',
  '--device',
  'cpu',
  '--seed',
  '7',
  '--json',
]

/** The figures of a report that do not depend on the clock. */
const TIMED = new Set(['seconds', 'peakMemoryBytes', 'createdAt', 'stages', 'path', 'outPath', 'runId', 'calibration'])

/** A budget that each method can keep: rows that K-quants do not fit take more bits. */
function budgetOf(model: string, method: string, format: string): string[] {
  if (methods.find(({ id }) => id === method)?.family === 'factor') return ['--remove', '30']
  return ['--bits', format !== 'gguf' ? '3' : model === DEMO ? '4.5' : '6.5']
}

function whittle(root: string, words: readonly string[]): { readonly code: number | null; readonly json: Record<string, unknown> } {
  const { status, stdout } = spawnSync(process.execPath, [join(root, 'src-main/hosts/cli/main.ts'), ...words], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  })
  return { code: status, json: JSON.parse(stdout === '' ? '{}' : stdout) as Record<string, unknown> }
}

const hash = (...parts: readonly (string | Uint8Array)[]): string =>
  parts
    .reduce((all, part) => all.update(part), createHash('sha256'))
    .digest('hex')
    .slice(0, 16)

/** A JSON value without what the clock and the place decide. */
function timeless(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(timeless)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !TIMED.has(key))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, field]) => [key, timeless(field)]),
  )
}

/** A plan as one of today, its notes as the sentences they make: how it is kept may change, what it decides may not. */
function decided(planned: Record<string, unknown>): unknown {
  const plan = Plan.parse(upgradePlan(planned['plan']))
  const words = (note: PlanNote | null): string | null => (note === null ? null : noteText(note))
  return {
    ...planned,
    plan: { ...plan, notes: plan.notes.map(words), cells: plan.cells.map((cell) => ({ ...cell, note: words(cell.note) })) },
  }
}

function filesOf(path: string): Outcome {
  if (!statSync(path).isDirectory()) return { file: hash(readFileSync(path)) }
  return Object.fromEntries(
    readdirSync(path)
      .sort()
      .map((name) => [name, hash(readFileSync(join(path, name)))]),
  )
}

function runOne(root: string, work: string, model: string, method: string, format: string): Outcome {
  const out = join(work, 'out', `x${format === 'gguf' ? '.gguf' : ''}`)
  rmSync(join(work, 'out'), { recursive: true, force: true })
  mkdirSync(join(work, 'out'))
  const planned = whittle(root, [
    'plan',
    model,
    '--method',
    method,
    '--format',
    format,
    ...budgetOf(model, method, format),
    '--out',
    out,
    '--work',
    work,
    ...COMMON,
  ])
  const refused = (json: Record<string, unknown>): Outcome => ({
    refused: JSON.stringify((json['error'] as { code?: string } | undefined)?.code ?? json),
  })
  if (planned.code !== 0) return refused(planned.json)
  const done = whittle(root, ['compress', '--resume', String(planned.json['runId']), '--work', work, '--json'])
  if (done.code !== 0) return refused(done.json)
  return {
    plan: hash(JSON.stringify(timeless(decided(planned.json)))),
    figures: hash(JSON.stringify(timeless(done.json))),
    ...filesOf(out),
  }
}

/** The tree of another commit, with this one's packages and kernels. */
function treeOf(ref: string, place: string): string {
  const git = (...words: string[]): string => {
    const { status, stdout, stderr } = spawnSync('git', words, { cwd: ROOT, encoding: 'utf8', maxBuffer: 1 << 28 })
    if (status !== 0) throw new Error(`git ${words.join(' ')}: ${stderr}`)
    return stdout.trim()
  }
  const tree = join(place, 'tree')
  git('worktree', 'add', '--detach', tree, ref)
  symlinkSync(join(ROOT, 'node_modules'), join(tree, 'node_modules'))
  if (existsSync(join(ROOT, 'native-kernels/build')))
    cpSync(join(ROOT, 'native-kernels/build'), join(tree, 'native-kernels/build'), { recursive: true })
  return tree
}

const { values } = parseArgs({ options: { ref: { type: 'string' }, only: { type: 'string' } } })
if (values.ref === undefined) throw new Error('--ref <commit> says what to compare with')
const place = mkdtempSync(join(tmpdir(), 'whittle-same-bytes-'))
try {
  const odd = join(place, 'odd')
  await writeTinyCheckpoint(odd, { shape: ODD, tokenizer: true, seed: 7 })
  const trees = { before: treeOf(values.ref, place), after: ROOT }
  for (const name of Object.keys(trees)) mkdirSync(join(place, name))
  let [same, different] = [0, 0]
  for (const model of [DEMO, odd]) {
    for (const method of methods) {
      const { id } = method
      if (values.only !== undefined && values.only !== id) continue
      for (const format of formatsOf(method)) {
        const [before, after] = (['before', 'after'] as const).map((name) => runOne(trees[name], join(place, name), model, id, format)) as [
          Outcome,
          Outcome,
        ]
        const parts = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter((part) => before[part] !== after[part])
        if (parts.length === 0) same++
        else different++
        const words =
          parts.length === 0
            ? before['refused'] === undefined
              ? 'same'
              : `same refusal, ${before['refused']}`
            : `DIFFERS in ${parts.join(', ')}`
        process.stdout.write(`${model === odd ? 'odd shapes' : 'demo model'}  ${id.padEnd(14)} ${format.padEnd(18)} ${words}\n`)
      }
    }
  }
  process.stdout.write(`${same} the same, ${different} different\n`)
  process.exitCode = different === 0 && same > 0 ? 0 : 1
} finally {
  spawnSync('git', ['worktree', 'remove', '--force', join(place, 'tree')], { cwd: ROOT })
  rmSync(place, { recursive: true, force: true })
}
