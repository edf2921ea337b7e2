import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { CHECK_ITEMS } from '../../src-main/contract/check.ts'
import type { RunEvent } from '../../src-main/contract/events.ts'
import { memoryItem, powerItem, sleepItem, vramItem } from '../../src-main/service/check-machine.ts'
import { temporaryFolder } from '../store/example.ts'
import { DEMO_MODEL, exampleWorkplace } from './example-service.ts'

const recipe = (parameters: Record<string, unknown> = {}) => ({
  modelPath: DEMO_MODEL,
  budget: { kind: 'bits' as const, bitsPerWeight: 4.5 },
  parameters,
})

/** The fake engine's knobs are no settings of a real method: a recipe with them comes in behind the service's own check. */
vi.mock('../../src-main/methods/parameters.ts', async (original) => ({ ...(await original<object>()), parseParameters: () => ({}) }))

test('a check tells its findings as it goes, and ends with all of them in their order', async () => {
  const { service, dependencies } = exampleWorkplace()
  const heard: RunEvent[] = []
  service.subscribe((event) => heard.push(event))
  const report = await service.call('check.run', { checkId: 'one', recipe: recipe() })
  expect(report).toMatchObject({ trial: { layer: 0, device: 'cpu' }, seconds: { low: 1, high: 2 } })
  const ids = report.items.map(({ id }) => id)
  expect(ids).toEqual(CHECK_ITEMS.filter((id) => ids.includes(id)))
  expect(ids).toEqual(expect.arrayContaining(['device', 'memory', 'trial', 'power', 'sleep']))
  const told = heard.flatMap((event) => (event.kind === 'check' && event.runId === 'one' ? [event] : []))
  expect(told.flatMap(({ item }) => (item === null ? [] : [item.id])).toSorted()).toEqual(ids.toSorted())
  expect(told.flatMap(({ step }) => (step === null ? [] : [step.id]))).toEqual(['read'])
  expect(readdirSync(dependencies.store.folders.outputs)).toEqual([])
})

test('an engine that dies is a finding with what is known of its end, and leaves nothing behind', async () => {
  const { service } = exampleWorkplace()
  const folder = temporaryFolder()
  const report = await service.call('check.run', { checkId: 'one', recipe: { ...recipe({ dieAt: 0 }), outPath: join(folder, 'a.gguf') } })
  expect(report).toMatchObject({ trial: null, seconds: null })
  expect(report.items.find(({ id }) => id === 'trial')).toMatchObject({
    state: 'stop',
    details: { error: { code: 'engine-crashed', details: { signal: 'SIGKILL' } } },
  })
  expect(readdirSync(folder)).toEqual([])
})

test('a check is cancelled within five seconds and cleans up', async () => {
  const { service } = exampleWorkplace()
  const folder = temporaryFolder()
  const check = service.call('check.run', { checkId: 'one', recipe: { ...recipe({ checkMs: 60_000 }), outPath: join(folder, 'a.gguf') } })
  const rejected = expect(check).rejects.toMatchObject({ code: 'request-invalid', details: { reason: 'cancelled' } })
  await vi.waitFor(() => expect(readdirSync(folder)).toHaveLength(1), { timeout: 20_000 })
  const started = performance.now()
  await service.call('check.cancel', { checkId: 'other' })
  await service.call('check.cancel', { checkId: 'one' })
  await rejected
  expect(performance.now() - started).toBeLessThan(5000)
  expect(readdirSync(folder)).toEqual([])
})

test('while a run works there is no check', async () => {
  const { service } = exampleWorkplace()
  const { id } = await service.call('run.begin', { recipe: recipe({ layers: 1000, layerMs: 20 }) })
  await expect(service.call('check.run', { checkId: 'one', recipe: recipe() })).rejects.toMatchObject({
    code: 'run-busy',
    details: { runId: id },
  })
  await service.call('run.cancel', { runId: id })
})

test('a run that is started ends the check before it', async () => {
  const { service } = exampleWorkplace()
  const rejected = expect(service.call('check.run', { checkId: 'one', recipe: recipe({ checkMs: 60_000 }) })).rejects.toMatchObject({
    details: { reason: 'cancelled' },
  })
  const { id } = await service.call('run.begin', { recipe: recipe() })
  await rejected
  await vi.waitFor(async () => expect((await service.call('run.get', { runId: id })).summary.state).toBe('done'), { timeout: 60_000 })
})

test('a host that closes does not wait for a check', async () => {
  const workplace = exampleWorkplace()
  const folder = temporaryFolder()
  const check = workplace.service.call('check.run', {
    checkId: 'one',
    recipe: { ...recipe({ checkMs: 120_000 }), outPath: join(folder, 'a.gguf') },
  })
  const rejected = expect(check).rejects.toMatchObject({ details: { reason: 'cancelled' } })
  await vi.waitFor(() => expect(readdirSync(folder)).toHaveLength(1), { timeout: 20_000 })
  await workplace.dependencies.runner.close()
  await rejected
  expect(readdirSync(folder)).toEqual([])
})

test('cancelled without keeping, a run leaves nothing of its layers and starts over when resumed', async () => {
  const { service } = exampleWorkplace()
  const folder = temporaryFolder()
  const { id } = await service.call('run.begin', { recipe: { ...recipe({ layers: 1000, layerMs: 20 }), outPath: join(folder, 'a.gguf') } })
  const journal = async () => (await service.call('run.get', { runId: id })).journal
  await vi.waitFor(async () => expect((await journal()).length).toBeGreaterThan(2), { timeout: 30_000 })
  expect(readdirSync(folder)).toEqual(['.a.gguf.lock', 'a.gguf.partial'])
  const summary = await service.call('run.cancel', { runId: id, keep: false })
  expect(summary.state).toBe('cancelled')
  expect(readdirSync(folder)).toEqual([])
  expect(await journal()).toEqual([])
})

test('a paused run is deleted with what it held in memory', async () => {
  const { service, dependencies } = exampleWorkplace()
  const { id } = await service.call('run.begin', { recipe: recipe({ calibrateSteps: 1000, layerMs: 20 }) })
  await service.call('run.pause', { runId: id, when: 'now' })
  await service.call('run.delete', { runId: id, deleteFile: false })
  expect(dependencies.runner.atWork()).toEqual([])
  await expect(service.call('run.get', { runId: id })).rejects.toMatchObject({ code: 'run-not-found' })
})

test('priority of a run nobody knows', async () => {
  const { service } = exampleWorkplace()
  await expect(service.call('run.priority', { runId: 'none', low: true })).rejects.toMatchObject({ code: 'run-not-found' })
})

test('memory is measured against the limit, or what is free', () => {
  const state = (expectedBytes: number, memoryLimitBytes: number | null) => memoryItem({ expectedBytes }, { memoryLimitBytes }, 1000).state
  expect([state(500, null), state(950, null), state(1001, null)]).toEqual(['ok', 'warn', 'stop'])
  expect([state(500, 800), state(750, 800), state(801, 800), state(1001, 2000)]).toEqual(['ok', 'warn', 'stop', 'stop'])
})

test('cards, battery and sleep', () => {
  const card = (freeBytes: number | null) => ({ name: 'card', totalBytes: 100, freeBytes })
  expect(vramItem({ cards: [card(10)] }, { vramReserveBytes: 20 }).state).toBe('warn')
  expect(vramItem({ cards: [card(10), card(null)] }, { vramReserveBytes: 20 }).state).toBe('ok')
  expect(powerItem({ onBattery: true })).toMatchObject({ state: 'warn' })
  expect([powerItem({ onBattery: false }).state, powerItem({ onBattery: null }).state]).toEqual(['ok', 'ok'])
  expect(sleepItem({ onBattery: false }, { preventSleep: true }, 'web')).toMatchObject({
    state: 'warn',
    details: { able: false, wanted: true },
  })
  expect(sleepItem({ onBattery: false }, { preventSleep: true }, 'electron').state).toBe('ok')
  expect(sleepItem({ onBattery: null }, { preventSleep: false }, 'web').state).toBe('ok')
})
