import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Recipe } from '../../src-main/contract/recipe.ts'
import { Report } from '../../src-main/contract/report.ts'
import { SOURCE_ROOT } from '../../src-main/hosts/workplace.ts'
import { methods } from '../../src-main/methods/index.ts'
import { openCheckpoint } from '../../src-main/model/open-checkpoint.ts'
import { openExport } from '../../src-main/model/open-export.ts'
import type { JobEvent } from '../../src-main/pipeline/job.ts'
import { TINY_SHAPE } from '../fixtures/tiny-checkpoint.ts'
import { eventsOfJob, finishJob, makeExample, ofKind, prepared, recipeOf, reportOf } from './job-example.ts'
import type { JobExample, Prepared } from './job-example.ts'

const SHAPE = { ...TINY_SHAPE, layers: 2 }
const LAYERS = [null, 0, 1]
/** Every export, with settings that keep it short. */
const EXPORTS: readonly [name: string, changes: Partial<Recipe>][] = [
  ['rtn', { method: 'rtn', budget: { kind: 'bits', bitsPerWeight: 3 } }],
  [
    'gptq-layout',
    { method: 'gptq', format: 'safetensors-gptq', budget: { kind: 'bits', bitsPerWeight: 4 }, parameters: { groupSize: 32 } },
  ],
  ['mc-skipping', { method: 'mc', budget: { kind: 'bits', bitsPerWeight: 2.5 }, parameters: { skipExperts: 0.2 } }],
  ['svd-dense', { method: 'svd', format: 'safetensors-dense', budget: { kind: 'remove', percent: 40 } }],
  ['svd-llm', { method: 'svd-llm', budget: { kind: 'remove', percent: 40 } }],
  ['d2-moe', { method: 'd2-moe', budget: { kind: 'remove', percent: 20 } }],
  ['moe-svd', { method: 'moe-svd', budget: { kind: 'remove', percent: 40 } }],
  ['rfid-moe', { method: 'rfid-moe', budget: { kind: 'remove', percent: 40 } }],
  ['mobe', { method: 'mobe', budget: { kind: 'remove', percent: 25 } }],
]

let root: string
let example: JobExample
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'whittle-folder-run-'))
  example = await makeExample(root, SHAPE)
  await cp(join(SOURCE_ROOT, 'resources/modeling'), join(example.folders.resources, 'modeling'), { recursive: true })
})
afterAll(() => rm(root, { recursive: true, force: true }))

const recipeFor = (changes: Partial<Recipe>): Recipe => recipeOf(example, { format: 'safetensors', ...changes })

async function weightFiles(folder: string): Promise<Map<string, Buffer>> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.safetensors')).sort()
  return new Map(await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name))] as const)))
}

/** Finishes, stopping once at the first event `at` accepts, then goes on. */
async function interrupted(recipe: Recipe, ready: Prepared, at: (event: JobEvent) => boolean): Promise<Report> {
  const abort = new AbortController()
  const rows: Extract<JobEvent, { kind: 'layer' }>['row'][] = []
  await expect(
    eventsOfJob(finishJob(example, recipe, ready), abort.signal, (event) => {
      if (event.kind === 'layer' && !abort.signal.aborted) rows.push(event.row)
      if (at(event)) abort.abort(new Error('enough'))
    }),
  ).rejects.toThrow('enough')
  return reportOf(await eventsOfJob(finishJob(example, recipe, ready, rows)))
}

describe.each(EXPORTS)('a folder by %s', (name, changes) => {
  const recipe = (): Recipe => recipeFor({ ...changes, outPath: join(root, name) })

  it('has the planned bytes, is judged on its own form, and stopped halfway comes out the same', async () => {
    const ready = await prepared(example, recipe())
    const events = await eventsOfJob(finishJob(example, recipe(), ready))
    const report = Report.parse(JSON.parse(JSON.stringify(reportOf(events))))
    const files = await weightFiles(ready.outPath)
    expect([...files.values()].reduce((sum, file) => sum + file.length, 0)).toBe(ready.plan.bytes)
    expect(ready.plan.headerBytes + ready.plan.cells.reduce((sum, cell) => sum + cell.bytes, 0)).toBe(ready.plan.bytes)
    expect(report.file.bytes).toBe(ready.plan.bytes)
    expect(report.format).toBe(ready.plan.format)
    expect(report.verification).toBeNull()
    expect(Number.isFinite(report.quality.klDivergence.mean)).toBe(true)
    expect(report.quality.klDivergence.mean).toBeGreaterThan(0)
    expect(ofKind(events, 'layer').map(({ row }) => row.layer)).toEqual(LAYERS)
    expect(report.audit.filter(({ role, layer }) => role === 'expertGate' && layer === 0).map(({ expert }) => expert)).toEqual(
      Array.from({ length: SHAPE.experts }, (_, i) => i),
    )

    const again = { ...ready, outPath: join(root, `${name}-again`) }
    const isFirstLayer = (event: JobEvent): boolean => event.kind === 'layer' && event.row.layer === 0
    await interrupted(recipe(), again, isFirstLayer)
    expect(await weightFiles(again.outPath)).toEqual(files)
  }, 240_000)
})

it('every method that makes folders is among them', () => {
  expect(new Set(EXPORTS.map(([, { method }]) => method))).toEqual(
    new Set(methods.filter(({ forms }) => forms !== null).map(({ id }) => id)),
  )
})

it('a layer stopped while it learns goes on to the same bytes', async () => {
  const recipe = recipeFor({ method: 'mobe', budget: { kind: 'remove', percent: 25 }, outPath: join(root, 'learning') })
  const ready = await prepared(example, recipe)
  await eventsOfJob(finishJob(example, recipe, ready))
  const again = { ...ready, outPath: join(root, 'learning-again') }
  let steps = 0
  await interrupted(recipe, again, (event) => event.kind === 'learning' && event.expert === null && ++steps === 12)
  expect(await weightFiles(again.outPath)).toEqual(await weightFiles(ready.outPath))
  expect(await readdir(root)).not.toContain('learning-again.learning')
}, 240_000)

it('a dense rebuild opens as a stock checkpoint, other folders by their form', async () => {
  const dense = await openCheckpoint(join(root, 'svd-dense'))
  await dense.close()
  const pruned = await openExport(join(root, 'mc-skipping'))
  expect(pruned.pruning?.keep).toHaveLength(SHAPE.layers)
  await pruned.close()
  expect((await readdir(join(root, 'mc-skipping'))).sort()).toEqual(
    expect.arrayContaining(['README.md', 'config.json', 'modeling_whittle.py', 'tokenizer.json']),
  )
})

it.each<[Partial<Recipe>, string]>([
  [{ method: 'mobe', format: 'gguf', budget: { kind: 'remove', percent: 25 } }, 'method-not-applicable'],
  [{ method: 'svd', format: 'safetensors-gptq', budget: { kind: 'remove', percent: 25 } }, 'method-not-applicable'],
  [{ method: 'rtn', budget: { kind: 'remove', percent: 25 } }, 'budget-invalid'],
  [{ method: 'rtn', budget: { kind: 'bits', bitsPerWeight: 0.5 } }, 'budget-too-small'],
  [{ method: 'svd', budget: { kind: 'remove', percent: 99.9 } }, 'budget-too-small'],
  [{ method: 'mc', budget: { kind: 'size', bytes: 1000 } }, 'budget-too-small'],
])('refuses %j before any weight is written', async (changes, code) => {
  await expect(prepared(example, recipeFor(changes))).rejects.toMatchObject({ code })
})
