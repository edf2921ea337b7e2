import * as fc from 'fast-check'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { Bundle, BUNDLE_LIMITS } from '../../src-main/contract/bundle.ts'
import { ExpectedError, toErrorShape } from '../../src-main/contract/errors.ts'
import { errorText } from '../../src-main/hosts/cli/words.ts'
import { bundleImport } from '../../src-main/service/bundle-import.ts'
import { appendJournal } from '../../src-main/store/journal.ts'
import { changeRun, claimRun, createRun, listRuns, readRun, setState } from '../../src-main/store/runs.ts'
import type { Store } from '../../src-main/store/store.ts'
import { expectFailure, failureOf } from '../fixtures/expected-error.ts'
import { journalRow, model, plan, recipe, report, temporaryFolder } from '../store/example.ts'
import { exampleWorkplace } from './example-service.ts'

const SECRET = join(homedir(), 'Client Work', 'acme merger')

/** A finished run whose every text names a folder of this machine. */
function finishedRun(store: Store): string {
  const out = join(store.folders.outputs, 'tiny.gguf')
  const id = createRun(
    store,
    recipe({
      modelPath: join(SECRET, 'tiny'),
      corpusPath: join(SECRET, 'own words.txt'),
      heldOutPath: join(store.folders.root, 'held.txt'),
      outPath: out,
    }),
  )
  changeRun(store, id, { model: { ...model, path: join(SECRET, 'tiny') }, calibration: 'measured' })
  changeRun(store, id, {
    plan: { ...plan, notes: [{ note: 'said', text: `made from ${SECRET}/tiny, see ${store.folders.root}` }] },
    outPath: out,
  })
  changeRun(store, id, {
    report: { ...report(out), verificationMissing: { said: `llama.cpp could not open '${out}'` } },
    tags: ['club'],
    note: `see ${SECRET}/notes.md`,
    starred: true,
    check: {
      items: [{ id: 'output', state: 'ok', details: { path: out, message: `can write to ${dirname(out)}` } }],
      trial: null,
      seconds: null,
    },
    gauges: [
      { at: 1, engineBytes: 2, freeMemoryBytes: 3, memoryBytes: 4, processor: 0.5, freeDiskBytes: 6, writtenPerSecond: null, card: null },
    ],
  })
  for (const layer of [null, 0]) appendJournal(store, id, journalRow(layer))
  setState(store, id, 'done', null)
  return id
}

function failedRun(store: Store): string {
  const id = createRun(store, recipe({ modelPath: join(SECRET, 'tiny') }))
  const error = new ExpectedError('disk-full', { path: join(SECRET, 'out.gguf'), needed: 1 })
  setState(store, id, 'failed', {
    code: 'disk-full',
    message: error.message,
    details: { ...error.details, volume: { mount: join(SECRET, 'disk') } },
  })
  return id
}

async function exported() {
  const { service, dependencies } = exampleWorkplace()
  const ids = [finishedRun(dependencies.store), failedRun(dependencies.store)]
  const bundle = await service.call('bundle.export', { runIds: [...ids, ids[0] ?? ''] })
  return { service, store: dependencies.store, ids, bundle }
}

test('a bundle holds everything of its runs but the paths of this machine', async () => {
  const { bundle, store } = await exported()
  expect(Bundle.parse(bundle)).toEqual(bundle)
  const text = JSON.stringify(bundle)
  for (const secret of [homedir(), SECRET, 'Client Work', 'acme merger', store.folders.root, dirname(store.folders.root)])
    expect(text).not.toContain(JSON.stringify(secret).slice(1, -1))
  const [done, failed] = bundle.runs.map((run) => run.detail)
  expect(done).toMatchObject({
    summary: { modelPath: 'tiny', outPath: 'tiny.gguf', outExists: false, tags: ['club'], starred: true, note: 'see notes.md' },
    recipe: { modelPath: 'tiny', corpusPath: 'own words.txt', heldOutPath: 'held.txt', outPath: 'tiny.gguf' },
    model: { path: 'tiny' },
    report: { file: { path: 'tiny.gguf', sha256: 'ab' }, verificationMissing: { said: "llama.cpp could not open 'tiny.gguf'" } },
    gauges: [{ at: 1 }],
  })
  expect(done?.journal).toHaveLength(2)
  expect(failed?.error).toMatchObject({ code: 'disk-full', message: expect.stringContaining('out.gguf'), details: { path: 'out.gguf' } })
})

test('another machine takes it in: the same runs, without files', async () => {
  const { bundle, ids } = await exported()
  const other = exampleWorkplace()
  const { imported, known } = await other.service.call('bundle.import', { bundle: JSON.parse(JSON.stringify(bundle)) })
  expect(known).toBe(0)
  expect(imported.map((run) => run.id)).toEqual(ids)
  expect(imported).toMatchObject([
    { state: 'done', importedAt: expect.any(String), outExists: false, klDivergence: 0.02, tags: ['club'] },
    { state: 'interrupted' },
  ])
  const detail = await other.service.call('run.get', { runId: ids[0] ?? '' })
  expect(detail).toMatchObject({
    plan: bundle.runs[0]?.detail.plan,
    report: bundle.runs[0]?.detail.report,
    journal: bundle.runs[0]?.detail.journal,
    check: { items: [{ id: 'output' }] },
  })
  const again = await other.service.call('bundle.export', { runIds: ids })
  expect(again.runs.map((run) => ({ ...run.detail, summary: null }))).toEqual(bundle.runs.map((run) => ({ ...run.detail, summary: null })))
})

test('a run that is here already is left alone, as text or value, also after it changed here', async () => {
  const { bundle, service, store, ids } = await exported()
  await service.call('run.annotate', { runId: ids[0] ?? '', note: 'mine' })
  expect(await service.call('bundle.import', { bundle })).toEqual({ imported: [], known: 2 })
  expect(await service.call('bundle.import', { bundle: JSON.stringify(bundle) })).toEqual({ imported: [], known: 2 })
  expect(readRun(store, ids[0] ?? '').summary).toMatchObject({ note: 'mine', importedAt: null })
})

test('another run of the same id gets a new one, and is known by it from then on', async () => {
  const { bundle } = await exported()
  const {
    service,
    dependencies: { store },
  } = exampleWorkplace()
  await service.call('bundle.import', { bundle })
  const changed = structuredClone(bundle)
  for (const { detail } of changed.runs) detail.recipe.seed = 7
  const { imported } = await service.call('bundle.import', { bundle: changed })
  expect(imported.map((run) => run.id)).not.toContain(bundle.runs[0]?.detail.summary.id)
  expect(listRuns(store)).toHaveLength(4)
  expect(await service.call('bundle.import', { bundle: changed })).toEqual({ imported: [], known: 2 })
})

test('an imported run cannot be gone on with, and deleting it touches no file whatever the bundle says', async () => {
  const { bundle, ids } = await exported()
  const {
    service,
    dependencies: { store },
  } = exampleWorkplace()
  const precious = join(temporaryFolder(), 'precious.gguf')
  writeFileSync(precious, Buffer.alloc(1100))
  mkdirSync(`${precious}.partial`)
  for (const { detail } of bundle.runs) {
    detail.recipe.outPath = detail.summary.outPath = precious
    if (detail.report !== null) detail.report.file.path = precious
  }
  await service.call('bundle.import', { bundle })
  for (const runId of ids) {
    expect(readRun(store, runId)).toMatchObject({ recipe: { outPath: 'precious.gguf' }, summary: { outExists: false } })
    await expectFailure(() => service.call('run.resume', { runId }), 'run-not-resumable', { reason: 'imported' })
    await expectFailure(() => {
      claimRun(store, runId, ['done', 'interrupted'], 'running')
    }, 'run-not-resumable')
    expect(await service.call('run.delete', { runId, deleteFile: true })).toEqual({ freedBytes: 0 })
  }
  expect(existsSync(precious) && existsSync(`${precious}.partial`)).toBe(true)
  expect(listRuns(store)).toEqual([])
})

test.each<[string, (bundle: Bundle) => unknown, RegExp]>([
  ['is no JSON', () => '{"whittleBundle": 1,', /no JSON/],
  ['is something else', () => ({ runs: [] }), /no bundle/],
  ['is newer', (bundle) => ({ ...bundle, whittleBundle: 2 }), /newer version/],
  ['has no runs', (bundle) => ({ ...bundle, runs: [] }), /runs: must not be empty/],
  ['has a run of another shape', (bundle) => ({ ...bundle, runs: [{ ...bundle.runs[0], maps: 7 }] }), /runs\.0\.maps/],
  ['has a time that is none', (bundle) => withSummary(bundle, { createdAt: 'yesterday' }), /runs\.0\.detail\.summary\.createdAt/],
  ['has an id that is none', (bundle) => withSummary(bundle, { id: '../../etc' }), /runs\.0\.detail\.summary\.id/],
  ['pollutes', (bundle) => JSON.stringify(bundle).replace('"details":', '"details":{"__proto__":{"a":1}},"x":'), /__proto__/],
  ['names a constructor', (bundle) => JSON.parse(JSON.stringify(bundle).replace('"details":', '"constructor":')) as unknown, /constructor/],
  ['is nested without end', () => `${'['.repeat(100_000)}${']'.repeat(100_000)}`, /nested deeper/],
  ['is too large as text', () => 'x'.repeat(BUNDLE_LIMITS.bytes + 1), /larger than 64 MiB/],
  ['is too large as a value', () => ({ whittleBundle: 1, more: 'x'.repeat(BUNDLE_LIMITS.bytes) }), /larger than 64 MiB/],
])('a bundle that %s is refused in words, and nothing of it is taken', async (_, damage, reason) => {
  const { bundle } = await exported()
  const {
    service,
    dependencies: { store },
  } = exampleWorkplace()
  const failure = toErrorShape(await failureOf(() => service.call('bundle.import', { bundle: damage(bundle) })))
  expect(failure.code).toBe('bundle-invalid')
  expect(errorText(failure)).toMatch(reason)
  expect(listRuns(store)).toEqual([])
})

function withSummary(bundle: Bundle, change: Record<string, unknown>): unknown {
  return {
    ...bundle,
    runs: bundle.runs.map(({ detail, maps }) => ({ detail: { ...detail, summary: { ...detail.summary, ...change } }, maps })),
  }
}

test('whatever is given, it is taken in or refused in words', async () => {
  const { bundle } = await exported()
  const { dependencies } = exampleWorkplace()
  const attempt = async (given: unknown): Promise<void> => {
    const before = listRuns(dependencies.store).length
    const failure = await failureOf(() => {
      bundleImport(dependencies, { bundle: given })
      throw new Error('taken')
    })
    if (failure instanceof Error && failure.message === 'taken') return
    expect(failure).toBeInstanceOf(ExpectedError)
    expect(failure).toMatchObject({ code: 'bundle-invalid' })
    expect(errorText(toErrorShape(failure))).toMatch(/cannot be read: \w/)
    expect(listRuns(dependencies.store)).toHaveLength(before)
  }
  await fc.assert(fc.asyncProperty(fc.oneof(fc.jsonValue(), fc.json(), fc.anything({ withNullPrototype: true })), attempt), {
    numRuns: 150,
  })
  // A true bundle with one value of it replaced by anything.
  const places = leaves(bundle, [])
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...places), fc.jsonValue(), async (place, value) => {
      await attempt(replaced(bundle, place, value))
    }),
    { numRuns: 150 },
  )
}, 30_000)

/** Where every single value of a JSON value stands. */
function leaves(value: unknown, at: readonly string[]): string[][] {
  if (typeof value !== 'object' || value === null) return [[...at]]
  return Object.entries(value).flatMap(([key, item]) => leaves(item, [...at, key]))
}

function replaced(value: unknown, [key, ...rest]: readonly string[], leaf: unknown): unknown {
  if (key === undefined) return leaf
  if (Array.isArray(value)) return value.map((item: unknown, i) => (String(i) === key ? replaced(item, rest, leaf) : item))
  return Object.fromEntries(Object.entries(value as object).map(([name, item]) => [name, name === key ? replaced(item, rest, leaf) : item]))
}
