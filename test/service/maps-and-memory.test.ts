import { PLAIN_TRAITS } from '../../src-main/architectures/shape.ts'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { fileBudget } from '../../src-main/allocation/budget.ts'
import { writeStatistics } from '../../src-main/calibration/statistics-file.ts'
import { keepCalibration } from '../../src-main/store/calibration-use.ts'
import { rememberCalibration } from '../../src-main/store/calibrations.ts'
import { changeRun, createRun, readRun, setState } from '../../src-main/store/runs.ts'
import type { Store } from '../../src-main/store/store.ts'
import { expectFailure } from '../fixtures/expected-error.ts'
import { model, plan, recipe, report } from '../store/example.ts'
import { exampleWorkplace } from './example-service.ts'
import { modelStatistics } from '../calibration/made-up-statistics.ts'

const MAPS = {
  usage: [
    [4, 0, 5],
    [1, 2, 6],
  ],
  saliency: [
    [0.5, 0, 2.5],
    [0.5, 1.5, 2.5],
  ],
}

/** A run whose calibration is kept. */
async function calibrated(store: Store): Promise<{ id: string; path: string }> {
  const path = join(store.folders.calibrations, 'f1.statistics')
  await writeStatistics(path, modelStatistics(MAPS.usage))
  await rememberCalibration(store, 'f1', path)
  const id = createRun(store, recipe({ modelPath: '/models/tiny', corpusPath: '/texts/club minutes.txt' }))
  changeRun(store, id, { calibration: 'measured', calibrationFingerprint: 'f1' })
  return { id, path }
}

test('maps of a run come from its calibration, as long as that is kept', async () => {
  const {
    service,
    dependencies: { store },
  } = exampleWorkplace()
  const { id, path } = await calibrated(store)
  expect(await service.call('run.maps', { runId: id })).toEqual(MAPS)
  writeFileSync(path, 'damaged')
  expect(await service.call('run.maps', { runId: id })).toEqual({ usage: null, saliency: null })
  rmSync(path)
  expect(await service.call('run.maps', { runId: id })).toEqual({ usage: null, saliency: null })
  await expectFailure(() => service.call('run.maps', { runId: 'nope' }), 'run-not-found')
})

test('maps travel in a bundle to where there is no calibration', async () => {
  const {
    service,
    dependencies: { store },
  } = exampleWorkplace()
  const { id } = await calibrated(store)
  const bundle = await service.call('bundle.export', { runIds: [id] })
  const other = exampleWorkplace().service
  await other.call('bundle.import', { bundle })
  expect(await other.call('run.maps', { runId: id })).toEqual(MAPS)
  expect((await other.call('bundle.export', { runIds: [id] })).runs[0]?.maps).toEqual(MAPS)
})

test.each([
  [128, [128]],
  [4096, [4096]],
  [20000, [4096, 16384]],
  [262144, [4096, 16384, 32768]],
])('memory of a model that reads %i tokens is told at %j', async (contextLength, contexts) => {
  const {
    service,
    dependencies: { store },
  } = exampleWorkplace()
  const id = createRun(store, recipe())
  changeRun(store, id, { model: { ...model, contextLength }, plan, report: report('/out/tiny.gguf') })
  const uses = await service.call('run.memory', { runId: id })
  expect(uses.map((use) => use.contextTokens)).toEqual(contexts)
  for (const use of uses) {
    // The same parts as the goal page names for a card.
    const { memory } = fileBudget(
      { kind: 'vram', vramBytes: 2 ** 34, contextTokens: use.contextTokens },
      {
        shape: { ...model, contextLength, ropeBase: 1, normEpsilon: 1, normalizeGates: true, traits: PLAIN_TRAITS },
        originalBytes: 1,
        weights: 1,
        expertShare: 1,
        smallestBytes: 1,
        largestBytes: 1,
      },
    )
    expect(use).toMatchObject({ weightsBytes: 1100, kvCacheBytes: memory?.kvCacheBytes, computeBytes: memory?.computeBytes })
    expect(use.totalBytes).toBe(use.weightsBytes + use.kvCacheBytes + use.computeBytes)
  }
})

test('a run that wrote nothing has no memory to tell of', async () => {
  const {
    service,
    dependencies: { store },
  } = exampleWorkplace()
  const id = createRun(store, recipe())
  await expectFailure(() => service.call('run.memory', { runId: id }), 'request-invalid', { reason: 'no-model-yet' })
  changeRun(store, id, { model })
  await expectFailure(() => service.call('run.memory', { runId: id }), 'request-invalid')
  await expectFailure(() => service.call('run.memory', { runId: 'nope' }), 'run-not-found')
})

test('a kept calibration says what it was measured on and who used it when', async () => {
  const {
    service,
    dependencies: { store },
  } = exampleWorkplace()
  const { id, path } = await calibrated(store)
  expect(await service.call('calibration.list', {})).toMatchObject([
    { fingerprint: 'f1', modelName: null, tokens: null, usedAt: null, runs: 1, exists: true },
  ])
  await keepCalibration(store, { fingerprint: 'f1', path, reused: true }, readRun(store, id).recipe, 'Tiny')
  const [kept] = await service.call('calibration.list', {})
  expect(kept).toMatchObject({
    modelName: 'Tiny',
    modelPath: '/models/tiny',
    corpus: 'club minutes.txt',
    tokens: 9,
    usedAt: expect.stringMatching(/^\d{4}-/),
    runs: 1,
  })
})

test('deleting a calibration frees it with all that was measured on top; its runs remain', async () => {
  const {
    service,
    dependencies: { store },
  } = exampleWorkplace()
  const { id, path } = await calibrated(store)
  writeFileSync(`${path}.errors-0.json`, '12345')
  writeFileSync(join(store.folders.calibrations, 'f1.statistics-of-another'), 'x')
  await expectFailure(() => service.call('calibration.delete', { fingerprint: 'f1' }), 'run-busy', { runId: id })
  setState(store, id, 'cancelled', null)
  const [kept] = await service.call('calibration.list', {})
  expect(await service.call('calibration.delete', { fingerprint: 'f1' })).toEqual({ freedBytes: kept?.bytes })
  expect(kept?.bytes).toBeGreaterThan(5)
  expect(await service.call('calibration.list', {})).toEqual([])
  expect(await service.call('calibration.delete', { fingerprint: 'f1' })).toEqual({ freedBytes: 0 })
  expect(await service.call('run.maps', { runId: id })).toEqual({ usage: null, saliency: null })
  expect((await service.call('run.list', {})).map((run) => run.id)).toEqual([id])
})

test('a calibration whose file vanished is listed as gone, and its row can go', async () => {
  const {
    service,
    dependencies: { store },
  } = exampleWorkplace()
  const { id, path } = await calibrated(store)
  setState(store, id, 'cancelled', null)
  rmSync(path)
  mkdirSync(path) // a folder of that name is no calibration
  expect(await service.call('calibration.list', {})).toMatchObject([{ fingerprint: 'f1', bytes: 0, exists: false, runs: 1 }])
  rmSync(store.folders.calibrations, { recursive: true })
  expect(await service.call('calibration.list', {})).toMatchObject([{ bytes: 0, exists: false }])
  expect(await service.call('calibration.delete', { fingerprint: 'f1' })).toEqual({ freedBytes: 0 })
  expect(await service.call('calibration.list', {})).toEqual([])
})
