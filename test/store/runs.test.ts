import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { CheckReport } from '../../src-main/contract/check.ts'
import type { Gauges } from '../../src-main/contract/machine.ts'
import { appendJournal, clearJournal, readJournal } from '../../src-main/store/journal.ts'
import { changeRun, claimRun, createRun, deleteRun, listRuns, readRun, releaseDeadRuns, setState } from '../../src-main/store/runs.ts'
import { journalRow, model, plan, recipe, report, temporaryFolder, temporaryStore } from './example.ts'

test('a run tells what became known of it', () => {
  const store = temporaryStore()
  const out = join(store.folders.outputs, 'tiny.gguf')
  const id = createRun(store, recipe())
  expect(readRun(store, id).summary).toMatchObject({ state: 'preparing', modelName: 'tiny', planBytes: null, outExists: false })
  changeRun(store, id, { model, stage: 'calibrate', calibration: 'measured', calibrationFingerprint: 'f1' })
  changeRun(store, id, { plan, outPath: out, stage: 'plan' })
  changeRun(store, id, { report: report(out), stage: 'report' })
  writeFileSync(out, 'x')
  setState(store, id, 'done', null)
  const run = readRun(store, id)
  expect(run.summary).toMatchObject({
    state: 'done',
    stage: 'report',
    modelName: 'Tiny',
    calibration: 'measured',
    budgetBytes: 1200,
    planBytes: 1100,
    originalBytes: 4000,
    outPath: out,
    outExists: true,
    klDivergence: 0.02,
    perplexityRatio: 1.1,
  })
  expect(run).toMatchObject({ recipe: recipe(), model, plan, report: report(out), error: null, calibrationFingerprint: 'f1' })
  expect(listRuns(store)).toEqual([run.summary])
})

test('what was seen before and during a run is read back', () => {
  const store = temporaryStore()
  const id = createRun(store, recipe())
  expect(readRun(store, id)).toMatchObject({ check: null, stopsAtPlan: true })
  expect(readRun(store, id)).not.toHaveProperty('gauges')
  const check: CheckReport = {
    items: [{ id: 'disk', state: 'ok', details: { freeBytes: 7 } }],
    trial: null,
    seconds: { low: 1, high: 2, reusesCalibration: true },
  }
  const gauges: Gauges[] = [
    {
      at: 1,
      engineBytes: 2,
      freeMemoryBytes: 3,
      memoryBytes: 4,
      processor: 0.5,
      freeDiskBytes: 6,
      writtenPerSecond: null,
      card: { usedBytes: 1, totalBytes: 2, busy: null, celsius: 40 },
    },
  ]
  changeRun(store, id, { check, gauges, stopsAtPlan: false })
  expect(readRun(store, id)).toMatchObject({ check, gauges, stopsAtPlan: false })
})

test('whether an outside engine agreed is known to the list', () => {
  const store = temporaryStore()
  const verdicts = [true, false, null].map((agrees) => {
    const id = createRun(store, recipe())
    const verification =
      agrees === null ? null : { engine: 'llama.cpp', perplexity: 11, expected: 11, agrees, sample: { prompt: '', continuation: '' } }
    changeRun(store, id, { report: { ...report('/out/tiny.gguf'), verification } })
    return readRun(store, id).summary.verified
  })
  expect(verdicts).toEqual([true, false, null])
  expect(listRuns(store).map((run) => run.verified)).toEqual([null, false, true])
})

test('the newest run comes first, also within one millisecond', () => {
  const store = temporaryStore()
  const ids = [1, 2, 3].map((seed) => createRun(store, recipe({ seed })))
  expect(listRuns(store).map((run) => run.id)).toEqual(ids.reverse())
})

test('an unknown run is said to be unknown', () => {
  const store = temporaryStore()
  expect(() => readRun(store, 'nope')).toThrow(/run-not-found/)
  expect(() => changeRun(store, 'nope', { stage: 'plan' })).toThrow(/run-not-found/)
  expect(() => claimRun(store, 'nope', ['planned'], 'running')).toThrow(/run-not-found/)
})

test('a run can be claimed once, and only from the states allowed', () => {
  const store = temporaryStore()
  const id = createRun(store, recipe())
  expect(() => claimRun(store, id, ['planned'], 'running')).toThrow(/run-busy/)
  setState(store, id, 'failed', { code: 'disk-full', message: 'full', details: {} })
  expect(readRun(store, id).error?.code).toBe('disk-full')
  expect(() => claimRun(store, id, ['planned'], 'running')).toThrow(/run-not-resumable/)
  claimRun(store, id, ['failed'], 'running')
  expect(readRun(store, id)).toMatchObject({ summary: { state: 'running' }, error: null })
})

test('a plan that does not fit its schema is not believed', () => {
  const store = temporaryStore()
  const id = createRun(store, recipe())
  store.database.prepare(`UPDATE runs SET plan = '{"version":2}' WHERE id = ?`).run(id)
  expect(() => readRun(store, id)).toThrow(`run-damaged {"runId":"${id}","part":"plan"}`)
})

test('the journal keeps its order and goes with its run', () => {
  const store = temporaryStore()
  const id = createRun(store, recipe())
  for (const layer of [null, 1, 0]) appendJournal(store, id, journalRow(layer))
  expect(readJournal(store, id).map((row) => row.layer)).toEqual([null, 1, 0])
  appendJournal(store, id, journalRow(1))
  expect(readJournal(store, id).map((row) => row.layer)).toEqual([null, 1])
  clearJournal(store, id)
  expect(readJournal(store, id)).toEqual([])
  appendJournal(store, id, journalRow(0))
  deleteRun(store, id)
  expect(store.database.prepare('SELECT count(*) AS n FROM journal').get()).toEqual({ n: 0 })
})

test('a living process keeps its runs; when it is killed they become interrupted', async () => {
  const root = temporaryFolder()
  const script = `
    import { openStore } from '${new URL('../../src-main/store/store.ts', import.meta.url).href}'
    import { createRun } from '${new URL('../../src-main/store/runs.ts', import.meta.url).href}'
    globalThis.store = openStore(process.argv[1]) // as long as somebody holds it, so is its lock
    console.log(createRun(globalThis.store, ${JSON.stringify(recipe())}))
    setInterval(() => {}, 1000)`
  const other = spawn(process.execPath, ['--input-type=module', '-e', script, root], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = (await once(other.stdout, 'data')) as [Buffer]
  const id = line.toString().trim()
  const store = temporaryStore(root)
  expect(readRun(store, id).summary.state).toBe('preparing')
  expect(() => claimRun(store, id, ['interrupted'], 'running')).toThrow(new RegExp(`run-busy.*"pid":${other.pid}`))
  other.kill('SIGKILL')
  await once(other, 'exit')
  expect(listRuns(store)[0]?.state).toBe('interrupted')
  expect(releaseDeadRuns(store)).toBe(0)
  claimRun(store, id, ['interrupted'], 'running')
})
