import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { CALLS } from '../../src-main/contract/calls.ts'
import type { RunState } from '../../src-main/contract/run.ts'
import { calibrateOnly, judgeFileAgain } from '../../src-main/service/one-job.ts'
import type { Service } from '../../src-main/service/service.ts'
import { recipe, temporaryFolder } from '../store/example.ts'
import { bareHost, DEMO_MODEL, demoModelCopy, exampleWorkplace } from './example-service.ts'

function ended(service: Service, runId: string): Promise<RunState> {
  return new Promise((resolve) => {
    const stop = service.subscribe((event) => {
      if (event.kind !== 'state' || event.runId !== runId || event.state === 'preparing' || event.state === 'running') return
      stop()
      resolve(event.state)
    })
  })
}

async function finished(service: Service, outPath: string | null = null): Promise<string> {
  const { id } = await service.call('run.prepare', recipe({ outPath }))
  expect(await ended(service, id)).toBe('planned')
  await service.call('run.start', { runId: id })
  expect(await ended(service, id)).toBe('done')
  return id
}

test('app.info describes this machine, and what it lacks', async () => {
  const { service } = exampleWorkplace({ ...bareHost, missing: [{ id: 'electron', details: {} }] })
  const info = await service.call('app.info', {})
  expect(CALLS['app.info'].output.parse(info)).toEqual(info)
  expect(info).toMatchObject({
    version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
    host: 'web',
    canPickFolder: false,
    demoModelPath: 'whittle:demo-model',
  })
  expect(info.missing.map((part) => part.id)).toContain('electron')
  expect(info.freeDiskBytes).toBeGreaterThan(0)
})

test('device.list probes once, in an engine of its own', async () => {
  const { service } = exampleWorkplace()
  const first = service.call('device.list', {})
  expect(await first).toEqual([{ device: 'cpu', available: true, detail: { said: 'made up' }, gflops: 1.5 }])
  const started = performance.now()
  await service.call('device.list', {})
  expect(performance.now() - started).toBeLessThan(20)
})

test('method.list gives every setting with its default and words', async () => {
  const cards = await exampleWorkplace().service.call('method.list', {})
  expect(CALLS['method.list'].output.parse(cards)).toEqual(cards)
  expect(cards[0]?.id).toBe('measured-bits')
  for (const card of cards) {
    for (const property of Object.values(card.parameters.properties ?? {}))
      expect(property).toMatchObject({ default: expect.anything(), description: expect.any(String) })
  }
})

test('model.open reads the demo model and remembers it', async () => {
  const { service } = exampleWorkplace()
  const model = await service.call('model.open', { path: DEMO_MODEL })
  expect(CALLS['model.open'].output.parse(model)).toEqual(model)
  expect(model).toMatchObject({ layers: 3, experts: 8, architecture: { id: 'qwen3_moe' } })
  expect(await service.call('model.recent', {})).toMatchObject([{ path: model.path, name: model.name }])
})

test('model.open sees that a folder has changed since', async () => {
  const { service } = exampleWorkplace()
  const folder = demoModelCopy()
  await service.call('model.open', { path: folder })
  rmSync(join(folder, 'tokenizer.json'))
  await expect(service.call('model.open', { path: folder })).rejects.toMatchObject({ code: 'tokenizer-missing' })
  await expect(service.call('model.open', { path: join(folder, 'nothing') })).rejects.toMatchObject({ code: 'folder-not-found' })
})

test('budget.explain answers in bytes, also for what cannot be', async () => {
  const { service } = exampleWorkplace()
  const half = await service.call('budget.explain', { modelPath: DEMO_MODEL, budget: { kind: 'percent', percent: 50 } })
  expect(half).toMatchObject({ feasible: true, fileBytes: Math.floor(half.originalBytes / 2), memory: null })
  const tiny = await service.call('budget.explain', { modelPath: DEMO_MODEL, budget: { kind: 'size', bytes: 1000 } })
  expect(tiny).toMatchObject({ feasible: false, fileBytes: 1000 })
  expect(tiny.smallestBytes).toBeGreaterThan(1000)
})

test.each([
  ['model.open', {}],
  ['budget.explain', { modelPath: 'x', budget: { kind: 'bits', bitsPerWeight: -1 } }],
  ['run.prepare', { modelPath: '', budget: { kind: 'bits', bitsPerWeight: 4 } }],
  ['run.get', { runId: 7 }],
] as const)('%s refuses a wrong input before anything happens', async (name, input) => {
  const { service } = exampleWorkplace()
  await expect(service.call(name, input as never)).rejects.toMatchObject({ code: 'request-invalid', details: { call: name } })
  expect(await service.call('run.list', {})).toEqual([])
})

test('run.prepare refuses an unknown method and wrong settings at once', async () => {
  const { service } = exampleWorkplace()
  await expect(service.call('run.prepare', recipe({ method: 'magic' }))).rejects.toMatchObject({ code: 'method-unknown' })
  await expect(service.call('run.prepare', recipe({ parameters: { types: ['Q9'] } }))).rejects.toMatchObject({ code: 'request-invalid' })
  expect(await service.call('run.list', {})).toEqual([])
})

test('a run from prepare to delete', async () => {
  const { service } = exampleWorkplace()
  const out = join(temporaryFolder(), 'tiny.gguf')
  const id = await finished(service, out)
  expect(await service.call('run.get', { runId: id })).toMatchObject({ summary: { state: 'done', outExists: true } })
  expect(CALLS['run.get'].output.parse(await service.call('run.get', { runId: id }))).toBeTruthy()
  await expect(service.call('run.start', { runId: id })).rejects.toMatchObject({ code: 'run-not-resumable' })
  // The fake report says 1100 bytes; a file of another size under that name is somebody else's.
  expect(await service.call('run.delete', { runId: id, deleteFile: true })).toEqual({ freedBytes: 0 })
  expect(existsSync(out)).toBe(true)
  expect(await service.call('run.list', {})).toEqual([])
})

test('run.delete frees the file it wrote and what a stopped run left', async () => {
  const { service } = exampleWorkplace()
  const out = join(temporaryFolder(), 'tiny.gguf')
  const id = await finished(service, out)
  writeFileSync(out, Buffer.alloc(1100))
  expect(await service.call('run.delete', { runId: id, deleteFile: true })).toEqual({ freedBytes: 1100 })
  expect(existsSync(out)).toBe(false)

  const { id: stopped } = await service.call('run.prepare', recipe({ outPath: out, parameters: { layers: 1000, layerMs: 20 } }))
  await ended(service, stopped)
  const written = new Promise<void>((resolve) =>
    service.subscribe((event) => {
      if (event.kind === 'layer') resolve()
    }),
  )
  await service.call('run.start', { runId: stopped })
  await written
  await expect(service.call('run.delete', { runId: stopped, deleteFile: false })).rejects.toMatchObject({ code: 'run-busy' })
  await service.call('run.cancel', { runId: stopped })
  const { freedBytes } = await service.call('run.delete', { runId: stopped, deleteFile: false })
  expect(freedBytes).toBeGreaterThan(0)
  expect(existsSync(`${out}.partial`)).toBe(false)
})

test('what a host cannot do is refused; what it can is asked of it', async () => {
  const bare = exampleWorkplace().service
  await expect(bare.call('host.pickFolder', {})).rejects.toMatchObject({ code: 'request-invalid' })
  const reveal = vi.fn(async () => {})
  const { service } = exampleWorkplace({ kind: 'electron', missing: [], pickFolder: async () => '/picked', reveal })
  expect(await service.call('host.pickFolder', {})).toEqual({ path: '/picked' })
  const id = await finished(service)
  await service.call('host.reveal', { runId: id })
  expect(reveal).toHaveBeenCalledWith(expect.stringContaining('tiny.gguf'))
})

test('files and folders are asked of the host that has them, by purpose and name', async () => {
  const bare = exampleWorkplace().service
  await expect(bare.call('host.pickFile', { purpose: 'text' })).rejects.toMatchObject({ code: 'request-invalid' })
  await expect(bare.call('host.openFolder', { folder: 'logs' })).rejects.toMatchObject({ code: 'request-invalid' })
  const openFolder = vi.fn(async () => {})
  const {
    service,
    dependencies: { store },
  } = exampleWorkplace({ ...bareHost, pickFile: async (purpose) => `/${purpose}.json`, openFolder })
  expect(await service.call('host.pickFile', { purpose: 'bundle' })).toEqual({ path: '/bundle.json' })
  const outputs = temporaryFolder()
  await service.call('settings.set', { outputFolder: outputs })
  for (const folder of ['data', 'logs', 'outputs'] as const) await service.call('host.openFolder', { folder })
  expect(openFolder.mock.calls.flat()).toEqual([store.folders.root, store.folders.logs, outputs])
})

test('calibrate and judge without a run', async () => {
  const { dependencies } = exampleWorkplace()
  const watcher = { signal: new AbortController().signal, onEvent: () => {} }
  expect(await calibrateOnly(dependencies, recipe(), watcher)).toMatchObject({ fingerprint: 'fake', reused: false })
  expect(await calibrateOnly(dependencies, recipe(), watcher)).toMatchObject({ reused: true })
  expect(await judgeFileAgain(dependencies, recipe(), '/some/file.gguf', watcher)).toMatchObject({ file: { path: '/some/file.gguf' } })
  await expect(calibrateOnly(dependencies, recipe({ modelPath: '/missing' }), watcher)).rejects.toMatchObject({ code: 'folder-not-found' })
})
