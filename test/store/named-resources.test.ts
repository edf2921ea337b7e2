import { expect, test } from 'vitest'
import { describeCalibration } from '../../src-main/store/calibrations.ts'
import { nameStoredResources } from '../../src-main/store/named-resources.ts'
import { rememberModel } from '../../src-main/store/recent-models.ts'
import { changeRun, createRun, readRun } from '../../src-main/store/runs.ts'
import { model, recipe, temporaryStore } from './example.ts'

const HERE = '/opt/whittle-2/resources'
const GONE = '/tmp/.mount_whittle-1/resources'

test('rows of older versions get names; others stay as they are', () => {
  const store = temporaryStore()
  const run = createRun(store, recipe({ modelPath: `${GONE}/demo-model`, corpusPath: `${HERE}/text/calibration.txt` }))
  changeRun(store, run, { model: { ...model, path: `${GONE}/demo-model` } })
  const own = createRun(store, recipe({ modelPath: '/models/tiny' }))
  const before = readRun(store, own)
  store.database.exec(`INSERT INTO calibrations (fingerprint, path, bytes, sha256, created_at) VALUES ('f', '/c', 1, 'x', 'y')`)
  describeCalibration(store, 'f', { modelName: 'demo', modelPath: `${GONE}/demo-model`, corpus: null, tokens: 1 })

  nameStoredResources(store, HERE)
  const { recipe: named, summary, model: opened } = readRun(store, run)
  expect(named).toEqual(recipe({ modelPath: 'whittle:demo-model', corpusPath: 'whittle:text/calibration.txt' }))
  expect([summary.modelPath, opened?.path]).toEqual(['whittle:demo-model', 'whittle:demo-model'])
  expect(store.database.prepare('SELECT model_path FROM calibrations').pluck().get()).toBe('whittle:demo-model')
  expect(readRun(store, own)).toEqual(before)
})

test('a model opened from several program folders is one, used when it was used last', () => {
  const store = temporaryStore()
  for (const path of [`${GONE}/demo-model`, '/tmp/.mount_whittle-0/resources/demo-model', '/models/tiny'])
    rememberModel(store, path, 'demo')
  store.database.exec(`UPDATE recent_models SET used_at = CASE path WHEN '${GONE}/demo-model' THEN '2026-02-02' ELSE '2026-01-01' END`)
  for (let start = 0; start < 2; start++) nameStoredResources(store, HERE)
  expect(store.database.prepare('SELECT path, used_at FROM recent_models ORDER BY path').raw().all()).toEqual([
    ['/models/tiny', '2026-01-01'],
    ['whittle:demo-model', '2026-02-02'],
  ])
})

test('a row nobody can read stays as it is and keeps nothing from starting', () => {
  const store = temporaryStore()
  const run = createRun(store, recipe({ modelPath: `${GONE}/demo-model` }))
  store.database.prepare('UPDATE runs SET recipe = ? WHERE id = ?').run('{"modelPath": 7', run)
  nameStoredResources(store, HERE)
  expect(store.database.prepare('SELECT model_path, recipe FROM runs').raw().get()).toEqual(['whittle:demo-model', '{"modelPath": 7'])
})
