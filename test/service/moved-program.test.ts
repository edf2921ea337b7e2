/** The program's folder moves: what an update does once, and an AppImage at every start. */
import { cpSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import type { RunState } from '../../src-main/contract/run.ts'
import { forkEngine } from '../../src-main/hosts/engine-process.ts'
import { openWorkplace, SOURCE_ROOT, type Workplace } from '../../src-main/hosts/workplace.ts'
import { choosePath } from '../../src-main/service/reach.ts'
import type { Service } from '../../src-main/service/service.ts'
import type { Store } from '../../src-main/store/store.ts'
import { recipe, temporaryFolder } from '../store/example.ts'
import { bareHost } from './example-service.ts'

const ENGINE = fileURLToPath(new URL('../../src-main/jobs/engine.ts', import.meta.url))
const QUICK = { method: 'uniform', calibrationTokens: 256, heldOutTokens: 256, windowTokens: 64 }

/** A program folder with what the core reads of it. */
function programFolder(): string {
  const root = temporaryFolder()
  for (const part of ['package.json', 'resources/demo-model', 'resources/text'])
    cpSync(join(SOURCE_ROOT, part), join(root, part), { recursive: true })
  return root
}

function openIn(root: string, work: string): Workplace {
  const workplace = openWorkplace({ host: bareHost, spawn: () => forkEngine(ENGINE), root, work })
  choosePath(workplace.dependencies, tmpdir())
  onTestFinished(() => workplace.close())
  return workplace
}

function rested(service: Service, runId: string): Promise<RunState> {
  return new Promise((resolve) => {
    const stop = service.subscribe((event) => {
      if (event.kind !== 'state' || event.runId !== runId || event.state === 'preparing' || event.state === 'running') return
      stop()
      resolve(event.state)
    })
  })
}

/** Everything the database holds, and the settings, as one text. */
function everythingStored({ database, folders }: Store): string {
  const tables = database.prepare<[], string>("SELECT name FROM sqlite_master WHERE type = 'table'").pluck().all()
  return (
    JSON.stringify(tables.map((table) => database.prepare(`SELECT * FROM ${table}`).all())) +
    readFileSync(join(folders.root, 'settings.json'), 'utf8')
  )
}

test('a run of the demo model goes on from another program folder, and nothing kept names the first', async () => {
  const [work, first, second] = [temporaryFolder(), programFolder(), programFolder()]
  const before = openIn(first, work)
  await before.service.call('settings.set', { theme: 'dark' })
  await before.service.call('model.open', { path: join(first, 'resources/demo-model') })
  const own = recipe({
    ...QUICK,
    modelPath: join(first, 'resources/demo-model'),
    corpusPath: join(first, 'resources/text/calibration.txt'),
    heldOutPath: join(first, 'resources/text/heldout.txt'),
  })
  const { id } = await before.service.call('run.prepare', own)
  expect(await rested(before.service, id)).toBe('planned')
  const lost = await before.service.call('run.prepare', recipe({ ...QUICK, modelPath: join(first, 'resources/nothing') }))
  expect(await rested(before.service, lost.id)).toBe('failed')
  await before.close()
  rmSync(first, { recursive: true })

  const { service, dependencies } = openIn(second, work)
  await service.call('run.start', { runId: id })
  expect(await rested(service, id)).toBe('done')
  const done = await service.call('run.get', { runId: id })
  expect(done.summary).toMatchObject({ modelPath: 'whittle:demo-model', modelName: 'demo-model' })
  expect(done.recipe).toMatchObject({
    modelPath: 'whittle:demo-model',
    corpusPath: 'whittle:text/calibration.txt',
    heldOutPath: 'whittle:text/heldout.txt',
  })
  expect(done.model?.path).toBe('whittle:demo-model')
  expect((await service.call('run.get', { runId: lost.id })).error).toMatchObject({
    code: 'folder-not-found',
    message: expect.stringContaining('whittle:nothing'),
  })

  const again = await service.call('run.prepare', { ...done.recipe, modelPath: join(second, 'resources/demo-model') })
  expect(await rested(service, again.id)).toBe('planned')
  expect((await service.call('run.get', { runId: again.id })).summary).toMatchObject({
    calibration: 'reused',
    modelPath: 'whittle:demo-model',
  })
  expect(await service.call('model.recent', {})).toMatchObject([{ path: 'whittle:demo-model' }])

  const stored = everythingStored(dependencies.store)
  expect(stored).toContain('whittle:demo-model')
  for (const root of [first, second]) expect(stored).not.toContain(root)
})

test('what is asked by name is answered by name', async () => {
  const root = programFolder()
  const { service } = openIn(root, temporaryFolder())
  expect(await service.call('app.info', {})).toMatchObject({ demoModelPath: 'whittle:demo-model' })
  expect(await service.call('model.open', { path: 'whittle:demo-model/config.json' })).toMatchObject({
    path: 'whittle:demo-model',
    layers: 3,
  })
  expect(await service.call('model.find', {})).toContainEqual(expect.objectContaining({ path: 'whittle:demo-model', obstacle: null }))
  expect(await service.call('text.preview', recipe({ ...QUICK, modelPath: 'whittle:demo-model' }))).toMatchObject({
    calibration: { source: 'calibration.txt' },
    problems: [],
  })
  for (const path of ['whittle:nothing', 'whittle:../package.json', join(root, 'resources/nothing')]) {
    await expect(service.call('model.open', { path })).rejects.toMatchObject({
      code: 'folder-not-found',
      details: { folder: expect.not.stringContaining(root) },
    })
  }
})

test("nothing is written, and no folder of the settings lies, in the program's own folder", async () => {
  const root = programFolder()
  const { service } = openIn(root, temporaryFolder())
  const refused = { code: 'settings-invalid', details: { reason: 'inside-the-program' } }
  for (const some of [
    { outputFolder: join(root, 'resources') },
    { calibrationFolder: join(root, 'resources/text') },
    { modelFolders: [join(root, 'resources/')] },
  ]) {
    await expect(service.call('settings.set', some)).rejects.toMatchObject(refused)
  }
  const { id } = await service.call(
    'run.prepare',
    recipe({ ...QUICK, modelPath: 'whittle:demo-model', outPath: join(root, 'resources/text/small.gguf') }),
  )
  expect(await rested(service, id)).toBe('failed')
  expect((await service.call('run.get', { runId: id })).error).toMatchObject({
    code: 'output-not-writable',
    details: { reason: 'inside-the-program' },
  })
})
