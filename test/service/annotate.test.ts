import { expect, test } from 'vitest'
import { createRun } from '../../src-main/store/runs.ts'
import { recipe } from '../store/example.ts'
import { exampleWorkplace } from './example-service.ts'

test('tags are trimmed and each is kept once, in its first spelling', async () => {
  const {
    service,
    dependencies: { store },
  } = exampleWorkplace()
  const runId = createRun(store, recipe())
  const { tags } = await service.call('run.annotate', { runId, tags: [' Draft', 'draft ', 'for the club', 'DRAFT'] })
  expect(tags).toEqual(['Draft', 'for the club'])
  await expect(service.call('run.annotate', { runId, tags: ['  '] })).rejects.toMatchObject({ code: 'request-invalid' })
})

test('what is left out stays as it is; what is emptied is empty', async () => {
  const {
    service,
    dependencies: { store },
  } = exampleWorkplace()
  const runId = createRun(store, recipe())
  await service.call('run.annotate', { runId, tags: ['a'], note: 'slow on Mondays' })
  expect(await service.call('run.annotate', { runId, starred: true })).toMatchObject({
    tags: ['a'],
    note: 'slow on Mondays',
    starred: true,
  })
  expect(await service.call('run.annotate', { runId, tags: [], note: '', starred: false })).toMatchObject({
    tags: [],
    note: '',
    starred: false,
  })
  expect((await service.call('run.list', {}))[0]).toMatchObject({ id: runId, tags: [], starred: false })
  await expect(service.call('run.annotate', { runId: 'nope', note: 'x' })).rejects.toMatchObject({ code: 'run-not-found' })
  await expect(service.call('run.annotate', { runId: 'nope' })).rejects.toMatchObject({ code: 'run-not-found' })
})

test('settings go through the service', async () => {
  const { service } = exampleWorkplace()
  expect(await service.call('settings.get', {})).toMatchObject({ theme: 'system' })
  expect(await service.call('settings.set', { theme: 'dark' })).toMatchObject({ theme: 'dark', textSize: 100 })
  expect(await service.call('settings.get', {})).toMatchObject({ theme: 'dark' })
  await expect(service.call('settings.set', { textSize: 900 })).rejects.toMatchObject({ code: 'request-invalid' })
})
