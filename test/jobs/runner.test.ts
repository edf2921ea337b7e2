import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { expect, test } from 'vitest'
import type { RunEvent } from '../../src-main/contract/events.ts'
import { readRun } from '../../src-main/store/runs.ts'
import { recipe, temporaryFolder, temporaryStore } from '../store/example.ts'
import { fakeRunner, type FakeRunner } from './fake-runner.ts'

/** A planned run of the fake pipeline. */
async function planned(fake: FakeRunner, parameters: Record<string, unknown> = {}, outPath: string | null = null): Promise<string> {
  const { id, state } = fake.runner.prepare(recipe({ parameters, outPath }))
  expect(state).toBe('preparing')
  expect(await fake.until(id, 'planned', 'failed')).toBe('planned')
  return id
}

test('from recipe to report: rows, journal and events', async () => {
  const fake = fakeRunner()
  const id = await planned(fake)
  expect(readRun(fake.store, id)).toMatchObject({
    summary: { state: 'planned', stage: 'plan', calibration: 'measured', planBytes: 1100, modelName: 'Tiny' },
    calibrationFingerprint: 'fake',
  })
  const heard: RunEvent[] = []
  fake.runner.subscribe((event) => heard.push(event))
  expect(fake.runner.start(id).state).toBe('running')
  await fake.until(id, 'done')
  const run = readRun(fake.store, id)
  expect(run.summary).toMatchObject({ state: 'done', stage: 'report', outExists: true, klDivergence: 0.02 })
  expect(run.journal.map((row) => row.layer)).toEqual([0, 1, 2, 3])
  const progress = heard.filter((event) => event.kind === 'progress')
  expect(progress.map((event) => event.done)).toEqual([...progress.map((event) => event.done)].sort((a, b) => a - b))
  expect(progress.at(-1)?.memoryBytes).toBeGreaterThan(10e6)
  expect(heard.filter((event) => event.kind === 'layer')).toHaveLength(4)
})

test('a second run reuses the calibration; one whose file is damaged measures again', async () => {
  const fake = fakeRunner()
  await planned(fake)
  const second = await planned(fake)
  expect(readRun(fake.store, second).summary.calibration).toBe('reused')
  writeFileSync(join(fake.store.folders.calibrations, 'fake.bin'), 'statistocs')
  fake.runner.start(second)
  await fake.until(second, 'done')
  expect(readRun(fake.store, second).summary.calibration).toBe('measured')
})

test('a run whose calibration was deleted while it was stopped is planned again, and goes on where it was', async () => {
  const fake = fakeRunner()
  const id = await planned(fake, { throwAt: 2 })
  const { outPath } = readRun(fake.store, id).summary
  fake.runner.start(id)
  await fake.until(id, 'failed')
  rmSync(join(fake.store.folders.calibrations, 'fake.bin'))
  fake.runner.resume(id)
  await fake.until(id, 'done')
  const { summary, journal } = readRun(fake.store, id)
  expect(summary).toMatchObject({ calibration: 'measured', outPath, outExists: true })
  expect(journal.map((row) => row.layer)).toEqual([0, 1, 2, 3])
  expect(existsSync(`${outPath}.partial`)).toBe(false)
})

test("a failure of the user's making keeps its code, and the run resumes after its cause is gone", async () => {
  const fake = fakeRunner()
  const id = await planned(fake, { throwAt: 2 })
  fake.runner.start(id)
  await fake.until(id, 'failed')
  expect(readRun(fake.store, id)).toMatchObject({ error: { code: 'disk-full' }, journal: [{ layer: 0 }, { layer: 1 }] })
  fake.runner.resume(id)
  await fake.until(id, 'done')
  expect(readRun(fake.store, id).error).toBeNull()
})

test('an engine killed in mid-run is told with its last layer and memory; resumed, it writes the same bytes', async () => {
  const fake = fakeRunner()
  const straight = join(temporaryFolder(), 'straight.gguf')
  const broken = join(temporaryFolder(), 'broken.gguf')
  const whole = await planned(fake, {}, straight)
  fake.runner.start(whole)
  await fake.until(whole, 'done')

  const id = await planned(fake, { dieAt: 2, noise: 'last words' }, broken)
  fake.runner.start(id)
  await fake.until(id, 'interrupted')
  expect(existsSync(broken)).toBe(false)
  expect(readRun(fake.store, id)).toMatchObject({
    error: { code: 'engine-crashed', details: { signal: 'SIGKILL', lastLayer: 2, output: 'last words\n' } },
    journal: [{ layer: 0 }, { layer: 1 }],
  })
  expect(Number(readRun(fake.store, id).error?.details.peakMemoryBytes)).toBeGreaterThan(10e6)
  fake.runner.resume(id)
  await fake.until(id, 'done')
  expect(readRun(fake.store, id).journal.map((row) => row.layer)).toEqual([0, 1, 2, 3])
  expect(readFileSync(broken)).toEqual(readFileSync(straight))
})

test('an engine that leaves with a code is a crash too', async () => {
  const fake = fakeRunner()
  const id = await planned(fake, { exitAt: 1 })
  fake.runner.start(id)
  await fake.until(id, 'interrupted')
  expect(readRun(fake.store, id).error).toMatchObject({ code: 'engine-crashed', details: { exitCode: 7, signal: null } })
})

test('cancel stops a working engine at once and keeps its layers', async () => {
  const fake = fakeRunner()
  const id = await planned(fake, { layers: 1000, layerMs: 20 })
  fake.runner.start(id)
  await fake.heard((event) => event.kind === 'layer')
  const started = performance.now()
  expect((await fake.runner.cancel(id)).state).toBe('cancelled')
  expect(performance.now() - started).toBeLessThan(2000)
  expect(readRun(fake.store, id).journal.length).toBeGreaterThan(0)
})

test('cancel ends an engine that does not listen within five seconds', async () => {
  const fake = fakeRunner()
  const id = await planned(fake, { deaf: true })
  fake.runner.start(id)
  await fake.heard((event) => event.kind === 'progress')
  const started = performance.now()
  expect((await fake.runner.cancel(id)).state).toBe('cancelled')
  expect(performance.now() - started).toBeLessThan(5000)
})

test('one run at a time: the second waits, and can be cancelled before it begins', async () => {
  const fake = fakeRunner()
  const first = await planned(fake, { layers: 20, layerMs: 20 }, join(temporaryFolder(), 'a.gguf'))
  const second = await planned(fake, {}, join(temporaryFolder(), 'b.gguf'))
  const third = await planned(fake, {}, join(temporaryFolder(), 'c.gguf'))
  const before = fake.engines.length
  for (const id of [first, second, third]) fake.runner.start(id)
  expect(() => fake.runner.start(second)).toThrow(/run-busy/)
  await fake.heard((event) => event.kind === 'layer' && event.runId === first)
  expect(fake.engines.length).toBe(before + 1)
  const cancelled = fake.runner.cancel(second)
  await fake.until(third, 'done')
  expect((await cancelled).state).toBe('cancelled')
  expect(readRun(fake.store, second).journal).toEqual([])
  expect(fake.engines.length).toBe(before + 2)
})

test('a new listener hears how far the run is; close interrupts it', async () => {
  const fake = fakeRunner()
  const id = await planned(fake, { layers: 1000, layerMs: 20 })
  fake.runner.start(id)
  await fake.heard((event) => event.kind === 'progress')
  const late: RunEvent[] = []
  fake.runner.subscribe((event) => late.push(event))()
  expect(late.map((event) => event.kind)).toEqual(expect.arrayContaining(['stage', 'progress']))
  await fake.runner.close()
  expect(readRun(fake.store, id).summary.state).toBe('interrupted')
})

test('two runs of the same file do not write it at once', async () => {
  const root = temporaryFolder()
  const here = fakeRunner(temporaryStore(root))
  const there = fakeRunner(temporaryStore(root))
  const out = join(root, 'same.gguf')
  const first = await planned(here, { layers: 1000, layerMs: 20 }, out)
  const second = await planned(there, {}, out)
  here.runner.start(first)
  await here.heard((event) => event.kind === 'layer')
  there.runner.start(second)
  await there.until(second, 'failed')
  expect(readRun(there.store, second).error).toMatchObject({ code: 'run-busy', details: { runId: first } })
})

test('two runs planned under the same name of our own making get a file each', async () => {
  const fake = fakeRunner()
  const ids = [await planned(fake), await planned(fake), await planned(fake)]
  for (const id of ids) {
    fake.runner.start(id)
    await fake.until(id, 'done')
  }
  expect(ids.map((id) => basename(readRun(fake.store, id).summary.outPath ?? ''))).toEqual(['tiny.gguf', 'tiny-2.gguf', 'tiny-3.gguf'])
})

test('a model that is not there fails the run with its code', async () => {
  const fake = fakeRunner()
  const { id } = fake.runner.prepare(recipe({ modelPath: '/missing' }))
  expect(await fake.until(id, 'failed', 'planned')).toBe('failed')
  expect(readRun(fake.store, id)).toMatchObject({ summary: { stage: 'open' }, error: { code: 'folder-not-found' } })
})
