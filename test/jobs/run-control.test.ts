import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import type { RunEvent } from '../../src-main/contract/events.ts'
import type { RunState } from '../../src-main/contract/run.ts'
import { readRun } from '../../src-main/store/runs.ts'
import { recipe, temporaryFolder, temporaryStore } from '../store/example.ts'
import { FAKE_ENGINE, fakeRunner, type FakeRunner } from './fake-runner.ts'

const states = (fake: FakeRunner): RunState[] => fake.events.flatMap((event) => (event.kind === 'state' ? [event.state] : []))
const isLayer = (event: RunEvent): boolean => event.kind === 'layer'
const begin = (fake: FakeRunner, parameters: Record<string, unknown> = {}, outPath: string | null = null): string =>
  fake.runner.begin(recipe({ parameters, outPath }), null).id
/** Waits until the run has a state, working ones included. */
const reached = (fake: FakeRunner, id: string, state: RunState): Promise<void> =>
  vi.waitFor(() => expect(readRun(fake.store, id).summary.state).toBe(state), { timeout: 60_000, interval: 20 })

test('a run that is begun goes from model to report without a rest at its plan, and keeps its check', async () => {
  const fake = fakeRunner()
  const heard: RunEvent[] = []
  fake.runner.subscribe((event) => heard.push(event))
  const check = { items: [{ id: 'power' as const, state: 'ok' as const, details: {} }], trial: null, seconds: null }
  const { id, state } = fake.runner.begin(recipe(), check)
  expect(state).toBe('preparing')
  await reached(fake, id, 'done')
  expect(heard.flatMap((event) => (event.kind === 'state' ? [event.state] : []))).toEqual(['preparing', 'running', 'done'])
  expect(heard.flatMap((event) => (event.kind === 'stage' ? [event.stage] : []))).toEqual([
    'open',
    'calibrate',
    'plan',
    'compress',
    'report',
  ])
  expect(readRun(fake.store, id)).toMatchObject({
    check,
    stopsAtPlan: false,
    journal: [{ layer: 0 }, { layer: 1 }, { layer: 2 }, { layer: 3 }],
  })
})

test('units of a begun run never fall from one job to the next', async () => {
  const fake = fakeRunner()
  const heard: RunEvent[] = []
  fake.runner.subscribe((event) => heard.push(event))
  const id = begin(fake, { calibrateSteps: 5 })
  await reached(fake, id, 'done')
  const done = heard.flatMap((event) => (event.kind === 'progress' ? [event.done] : []))
  expect(done.length).toBeGreaterThan(5)
  expect(done).toEqual(done.toSorted((a, b) => a - b))
})

test('a begun run that crashes goes on to its report when resumed', async () => {
  const fake = fakeRunner()
  const id = begin(fake, { dieAt: 2 })
  await reached(fake, id, 'interrupted')
  expect(readRun(fake.store, id).error).toMatchObject({
    code: 'engine-crashed',
    details: { lastLayer: 2, totalMemoryBytes: expect.any(Number) },
  })
  fake.runner.resume(id)
  await reached(fake, id, 'done')
})

test('paused now, writing stops at once; resumed, it goes on behind the last layer written', async () => {
  const fake = fakeRunner()
  const id = begin(fake, { layers: 60, layerMs: 20 })
  await fake.heard(isLayer)
  fake.runner.pause(id, 'now')
  await reached(fake, id, 'paused')
  const written = readRun(fake.store, id).journal.length
  expect(written).toBeGreaterThan(0)
  expect(fake.runner.atWork()).toEqual([])
  fake.events.length = 0
  expect(fake.runner.resume(id).state).toBe('running')
  await reached(fake, id, 'done')
  const layers = fake.events.flatMap((event) => (event.kind === 'layer' ? [event.row.layer] : []))
  expect(layers[0]).toBe(written)
  expect(readRun(fake.store, id).journal).toHaveLength(60)
})

test('paused after the layer, exactly the layer at work is still written', async () => {
  const fake = fakeRunner()
  const id = begin(fake, { layers: 30, layerMs: 300 })
  await fake.heard(isLayer)
  const before = readRun(fake.store, id).journal.length
  expect(fake.runner.pause(id, 'layer').state).toBe('running')
  await reached(fake, id, 'paused')
  expect(readRun(fake.store, id).journal).toHaveLength(before + 1)
})

test('a pause after the layer can be taken back before the layer is written', async () => {
  const fake = fakeRunner()
  const id = begin(fake, { layers: 4, layerMs: 200 })
  await fake.heard(isLayer)
  fake.runner.pause(id, 'layer')
  fake.runner.resume(id)
  await reached(fake, id, 'done')
  expect(states(fake)).not.toContain('paused')
})

test('calibration is held in place, not stopped: it loses nothing and goes on where it was', async () => {
  const fake = fakeRunner()
  const heard: RunEvent[] = []
  fake.runner.subscribe((event) => heard.push(event))
  const id = begin(fake, { calibrateSteps: 40, layerMs: 20 })
  await fake.heard((event) => event.kind === 'progress')
  fake.runner.pause(id, 'now')
  expect(readRun(fake.store, id).summary.state).toBe('paused')
  await sleep(200)
  const steps = (): number[] => [
    ...new Set(heard.flatMap((event) => (event.kind === 'progress' && event.stage === 'calibrate' ? [event.done] : []))),
  ]
  const before = steps()
  await sleep(400)
  expect(steps()).toEqual(before)
  expect(() => fake.runner.prepare(recipe())).toThrow(/run-busy/)
  expect(fake.engines).toHaveLength(1)
  expect(fake.runner.resume(id).state).toBe('preparing')
  await reached(fake, id, 'done')
  expect(fake.engines).toHaveLength(2)
})

test('a held run is cancelled within five seconds', async () => {
  const fake = fakeRunner()
  const id = begin(fake, { calibrateSteps: 1000, layerMs: 20 })
  await fake.heard((event) => event.kind === 'progress')
  fake.runner.pause(id, 'layer')
  const started = performance.now()
  expect((await fake.runner.cancel(id)).state).toBe('cancelled')
  expect(performance.now() - started).toBeLessThan(5000)
})

test('a run that is paused on disk becomes cancelled when it is', async () => {
  const fake = fakeRunner()
  const id = begin(fake, { layers: 60, layerMs: 20 })
  await fake.heard(isLayer)
  fake.runner.pause(id, 'now')
  await reached(fake, id, 'paused')
  expect((await fake.runner.cancel(id)).state).toBe('cancelled')
})

test('a held run stays paused when the app closes, though its engine is gone', async () => {
  const fake = fakeRunner()
  const id = begin(fake, { calibrateSteps: 1000, layerMs: 20 })
  await fake.heard((event) => event.kind === 'progress')
  fake.runner.pause(id, 'now')
  await fake.runner.close()
  expect(readRun(fake.store, id).summary.state).toBe('paused')
})

test('a held run whose app was killed is interrupted for the next one, and cannot be taken while the app lives', async () => {
  const root = temporaryFolder()
  const at = (path: string): string => JSON.stringify(new URL(`../../src-main/${path}`, import.meta.url).href)
  const child = spawn(
    process.execPath,
    [
      '--input-type=module',
      '-e',
      `
    import { forkEngine } from ${at('hosts/engine-process.ts')}
    import { createRunner } from ${at('jobs/runner.ts')}
    import { openStore } from ${at('store/store.ts')}
    const runner = createRunner(openStore(${JSON.stringify(root)}), () => forkEngine(${JSON.stringify(FAKE_ENGINE)}), '/resources')
    let paused = false
    const { id } = runner.begin(${JSON.stringify(recipe({ parameters: { calibrateSteps: 1000, layerMs: 20 } }))}, null)
    runner.subscribe((event) => {
      if (event.kind === 'progress' && !paused) { paused = true; runner.pause(id, 'now') }
      if (event.kind === 'state' && event.state === 'paused') console.log(id)
    })`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const [said] = await once(child.stdout, 'data')
  const id = String(said).trim()
  const fake = fakeRunner(temporaryStore(root))
  expect(readRun(fake.store, id).summary.state).toBe('paused')
  expect(() => fake.runner.resume(id)).toThrow(/run-busy/)
  child.kill('SIGKILL')
  await once(child, 'exit')
  expect(readRun(fake.store, id).summary.state).toBe('interrupted')
})

/** Priorities of all threads of a process: field 19 of proc's stat. */
const niceOf = (pid: string): number[] =>
  readdirSync(`/proc/${pid}/task`).map((thread) =>
    Number(readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8').split(') ')[1]?.split(' ')[16]),
  )
/** The engine started last by this process. */
const engineOf = (parent: number): string =>
  readdirSync(`/proc/${parent}/task`)
    .flatMap((thread) => readFileSync(`/proc/${parent}/task/${thread}/children`, 'utf8').trim().split(' '))
    .filter((child) => child !== '' && readFileSync(`/proc/${child}/cmdline`, 'utf8').includes('fake-engine'))
    .toSorted((a, b) => Number(a) - Number(b))
    .at(-1) ?? ''

test.skipIf(process.platform !== 'linux')(
  'the engine yields to other programs: from its start by the settings, and when told',
  async () => {
    const fake = fakeRunner()
    const id = begin(fake, { layers: 1000, layerMs: 20 })
    await fake.heard(isLayer)
    expect(Math.max(...niceOf(engineOf(process.pid)))).toBe(0)
    fake.runner.setPriority(id, true)
    await vi.waitFor(() => expect(Math.min(...niceOf(engineOf(process.pid)))).toBe(10), { timeout: 10_000 })
    await fake.runner.cancel(id)
    fake.store.settings.change({ lowPriority: true })
    fake.events.length = 0
    fake.runner.resume(id)
    await fake.heard(isLayer)
    expect(new Set(niceOf(engineOf(process.pid)))).toEqual(new Set([10]))
  },
)

test('the machine is watched while a run works, and what was seen is kept with it', async () => {
  const card = { usedBytes: 1, totalBytes: 2, busy: 0.5, celsius: 60 }
  const fake = fakeRunner(temporaryStore(), { sampleCard: async () => card })
  const heard: RunEvent[] = []
  fake.runner.subscribe((event) => heard.push(event))
  const id = begin(fake, { layers: 25, layerMs: 100 }, join(temporaryFolder(), 'a.gguf'))
  await reached(fake, id, 'done')
  const told = heard.flatMap((event) => (event.kind === 'gauges' ? [event.gauges] : []))
  expect(told.length).toBeGreaterThanOrEqual(2)
  expect(told.length).toBeLessThanOrEqual((told.at(-1)?.at ?? 0) + 1.5)
  expect(told.at(-1)).toMatchObject({ card, engineBytes: expect.any(Number), processor: expect.any(Number) })
  expect(told.at(-1)?.engineBytes).toBeGreaterThan(10e6)
  expect(told.at(-1)?.freeDiskBytes).toBeGreaterThan(0)
  expect(readRun(fake.store, id).gauges).toEqual(told)
  expect(existsSync(readRun(fake.store, id).summary.outPath ?? '')).toBe(true)
})
