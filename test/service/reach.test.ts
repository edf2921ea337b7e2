import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { forkEngine } from '../../src-main/hosts/engine-process.ts'
import { openWorkplace, SOURCE_ROOT, type Workplace } from '../../src-main/hosts/workplace.ts'
import type { HostAbilities } from '../../src-main/service/dependencies.ts'
import { choosePath, isPrivate } from '../../src-main/service/reach.ts'
import { isNamedByRun } from '../../src-main/store/named-by-runs.ts'
import { createRun, deleteRun } from '../../src-main/store/runs.ts'
import { recipe, temporaryFolder } from '../store/example.ts'
import { doneRun } from './done-run.ts'
import { bareHost, FAKE_ENGINE } from './example-service.ts'

/** A workplace in which nobody has chosen anything yet. */
function untouched(host: Partial<HostAbilities> = {}): Workplace {
  const workplace = openWorkplace({
    host: { ...bareHost, ...host },
    spawn: () => forkEngine(FAKE_ENGINE),
    root: SOURCE_ROOT,
    work: temporaryFolder(),
  })
  onTestFinished(() => workplace.close())
  return workplace
}

const DEMO = { modelPath: 'whittle:demo-model', calibrationTokens: 256, heldOutTokens: 256, windowTokens: 64 }
const TEXT = readFileSync(join(SOURCE_ROOT, 'resources/text/calibration.txt'), 'utf8').slice(0, 20_000)
const notChosen = (path: string, use: 'text' | 'output') => ({ code: 'path-not-chosen', details: { path, use } })

function textFile(folder = temporaryFolder(), name = 'notes.txt'): string {
  const path = join(folder, name)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, `The gate is blue.\n${TEXT}`)
  return path
}

test('a text is shown only once it was typed; what Whittle brings always', async () => {
  const { service } = untouched()
  const path = textFile()
  expect(await service.call('text.preview', recipe(DEMO))).toMatchObject({ problems: [] })
  for (const field of ['corpusPath', 'heldOutPath'] as const) {
    await expect(service.call('text.preview', recipe({ ...DEMO, [field]: path }))).rejects.toMatchObject(notChosen(path, 'text'))
  }
  await service.call('path.choose', { path })
  expect(await service.call('text.preview', recipe({ ...DEMO, corpusPath: path }))).toMatchObject({
    sample: expect.stringContaining('The gate is blue.'),
  })
  const other = textFile(dirname(path), 'other.txt')
  await expect(service.call('text.preview', recipe({ ...DEMO, corpusPath: other }))).rejects.toMatchObject({ code: 'path-not-chosen' })
  const around = `${path}/../other.txt`
  await expect(service.call('text.preview', recipe({ ...DEMO, corpusPath: around }))).rejects.toMatchObject({ code: 'path-not-chosen' })
})

test('dialogs choose by themselves, a folder with all that is in it', async () => {
  const inFolder = textFile()
  const file = textFile()
  const { service } = untouched({ kind: 'electron', pickFolder: async () => dirname(inFolder), pickFile: async () => file })
  await service.call('host.pickFolder', {})
  await service.call('host.pickFile', { purpose: 'text' })
  expect(await service.call('text.preview', recipe({ ...DEMO, corpusPath: inFolder, heldOutPath: file }))).toMatchObject({
    calibration: { source: 'notes.txt' },
  })
  const beside = textFile(`${dirname(inFolder)}-beside`)
  await expect(service.call('text.preview', recipe({ ...DEMO, corpusPath: beside }))).rejects.toMatchObject(notChosen(beside, 'text'))
})

test('what a run made here reads and writes stays in reach, also when its run is deleted; a bundle brings nothing', async () => {
  const {
    service,
    dependencies: { store },
  } = untouched()
  const corpusPath = textFile()
  const outPath = join(temporaryFolder(), 'small.gguf')
  const id = createRun(store, recipe({ ...DEMO, corpusPath, outPath }))
  expect([
    isNamedByRun(store, corpusPath, 'text'),
    isNamedByRun(store, corpusPath, 'output'),
    isNamedByRun(store, outPath, 'output'),
  ]).toEqual([true, false, true])
  expect(await service.call('text.preview', recipe({ ...DEMO, corpusPath }))).toMatchObject({ calibration: { source: 'notes.txt' } })
  store.database.prepare("UPDATE runs SET state = 'cancelled', owner_id = NULL").run()
  deleteRun(store, id)
  expect(await service.call('text.preview', recipe({ ...DEMO, corpusPath }))).toMatchObject({ calibration: { source: 'notes.txt' } })

  const foreign = textFile()
  createRun(store, recipe({ ...DEMO, corpusPath: foreign }))
  store.database.prepare('UPDATE runs SET imported_at = created_at').run()
  createRun(store, recipe())
  store.database.prepare("UPDATE runs SET recipe = '{damaged' WHERE imported_at IS NULL").run()
  await expect(service.call('text.preview', recipe({ ...DEMO, corpusPath: foreign }))).rejects.toMatchObject(notChosen(foreign, 'text'))
})

test('no run of a page reads or writes what nobody chose; it leaves no trace', async () => {
  const {
    service,
    dependencies: { store },
  } = untouched()
  const made = [recipe({ ...DEMO, outPath: join(temporaryFolder(), 'out.gguf') }), recipe({ ...DEMO, corpusPath: textFile() })]
  for (const wanted of made) {
    await expect(service.call('run.prepare', wanted)).rejects.toMatchObject({ code: 'path-not-chosen' })
    await expect(service.call('run.begin', { recipe: wanted })).rejects.toMatchObject({ code: 'path-not-chosen' })
    await expect(service.call('check.run', { checkId: 'a', recipe: wanted })).rejects.toMatchObject({ code: 'path-not-chosen' })
  }
  expect(await service.call('run.list', {})).toEqual([])
  const inOutputs = join(store.folders.outputs, 'mine.gguf')
  expect(await service.call('run.prepare', recipe({ outPath: inOutputs }))).toMatchObject({ state: 'preparing' })
})

test("exports go beside the file, into Whittle's outputs, and into folders that were chosen", async () => {
  const { service, dependencies } = untouched()
  const { runId, path } = doneRun(dependencies.store, 'the weights')
  const folder = temporaryFolder()
  const into = (where: string | null) => service.call('run.export', { runId, folder: where, extras: ['recipe'] })
  await expect(into(folder)).rejects.toMatchObject(notChosen(folder, 'output'))
  await expect(into(join(dirname(path), '..'))).rejects.toMatchObject({ code: 'path-not-chosen' })
  for (const where of [null, dirname(path), dependencies.store.folders.outputs]) expect((await into(where)).files).toHaveLength(1)
  await service.call('path.choose', { path: folder })
  expect((await into(join(folder, 'new'))).files).toHaveLength(1)
})

test('the command line reaches what it is told', async () => {
  const { service } = untouched({ kind: 'cli' })
  expect(await service.call('text.preview', recipe({ ...DEMO, corpusPath: textFile() }))).toMatchObject({
    calibration: { source: 'notes.txt' },
  })
})

test("keys, hidden files and programs' own folders are no texts, whatever the way to them is called", async () => {
  const { service, dependencies } = untouched()
  const folder = temporaryFolder()
  choosePath(dependencies, folder)
  const key = textFile(join(folder, '.ssh'), 'id_rsa')
  symlinkSync(key, join(folder, 'story.txt'))
  for (const path of [key, textFile(folder, '.env'), join(folder, 'story.txt'), dirname(key)]) {
    await expect(service.call('text.preview', recipe({ ...DEMO, corpusPath: path }))).rejects.toMatchObject({
      code: 'corpus-invalid',
      details: { path, reason: 'private' },
    })
  }
  for (const path of [
    '/home/me/.ssh/config',
    '/home/me/.gnupg',
    '/home/me/.config/gh/hosts.yml',
    '/home/me/.bash_history',
    '/proc/self/environ',
    '/dev/stdin',
    'C:\\Users\\me\\AppData\\Roaming\\Mozilla\\logins.json',
    '/Users/me/Library/Keychains/a.db',
    '/Users/me/Library/Application Support/Firefox/logins.json',
    'C:\\Users\\me\\.aws\\credentials',
  ])
    expect(isPrivate(path), path).toBe(true)
  for (const path of [
    '/home/me/notes.txt',
    '/home/me/.cache/huggingface/hub/a.jsonl',
    '/home/me/Library of texts/a.txt',
    'C:\\Users\\me\\AppData\\Local\\Temp\\a.txt',
    '/processed/a.txt',
  ]) {
    expect(isPrivate(path), path).toBe(false)
  }
})

test('a session remembers a bounded number of choices', () => {
  const { dependencies, service } = untouched()
  const first = textFile()
  choosePath(dependencies, first)
  for (let n = 0; n < 1000; n++) choosePath(dependencies, `/nowhere/${n}`)
  return expect(service.call('text.preview', recipe({ ...DEMO, corpusPath: first }))).rejects.toMatchObject({ code: 'path-not-chosen' })
})
