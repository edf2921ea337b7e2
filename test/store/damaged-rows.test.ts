import { expect, test } from 'vitest'
import { createRun, listRuns, readRun } from '../../src-main/store/runs.ts'
import { exampleWorkplace } from '../service/example-service.ts'
import { recipe, temporaryStore } from './example.ts'

test.each([
  ['tags', '{', { tags: [] }],
  ['state', 'half', { state: 'failed' }],
  ['stage', 'x', { stage: 'open' }],
  ['calibration', 'x', { calibration: null }],
])('one damaged part (%s) is shown as such, and hides no other run', (column, value, shown) => {
  const store = temporaryStore()
  const [broken, sound] = [createRun(store, recipe()), createRun(store, recipe())]
  store.database.prepare(`UPDATE runs SET ${column} = ? WHERE id = ?`).run(value, broken)
  const runs = new Map(listRuns(store).map((run) => [run.id, run]))
  expect(runs.get(sound)?.damaged).toBeUndefined()
  expect(runs.get(broken)).toMatchObject({ damaged: true, modelName: runs.get(sound)?.modelName, ...shown })
})

test('a run that cannot be worked with any more says so, and can be deleted', async () => {
  const {
    service,
    dependencies: { store },
  } = exampleWorkplace()
  const id = createRun(store, recipe())
  store.database.prepare('UPDATE runs SET recipe = ?, state = ? WHERE id = ?').run('{', 'failed', id)
  expect(() => readRun(store, id)).toThrow(/run-damaged/)
  await expect(service.call('run.get', { runId: id })).rejects.toMatchObject({ code: 'run-damaged', details: { part: 'recipe' } })
  expect(await service.call('run.delete', { runId: id, deleteFile: true })).toEqual({ freedBytes: 0 })
  expect(await service.call('run.list', {})).toEqual([])
})
