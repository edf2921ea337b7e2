import { rmSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { RunEvent } from '../../src-main/contract/events.ts'
import { setState } from '../../src-main/store/runs.ts'
import { recipe, temporaryFolder } from '../store/example.ts'
import { doneRun } from './done-run.ts'
import { demoModelCopy, exampleWorkplace } from './example-service.ts'

const words = (side: string, count: number): string => Array.from({ length: count }, (_, i) => `${side}${i} `).join('')

test('both answers, word by word as events and whole at the end', async () => {
  const {
    service,
    dependencies: { store },
  } = exampleWorkplace()
  const { runId } = doneRun(store)
  const heard: RunEvent[] = []
  service.subscribe((event) => {
    if (event.kind === 'answer') heard.push(event)
  })
  const answers = await service.call('answer.start', { runId, prompt: 'Hello', tokens: 3 })
  expect(answers).toMatchObject({ original: { text: words('original', 3), tokens: 3 }, shrunk: { text: words('shrunk', 3) } })
  expect(heard.map((event) => (event.kind === 'answer' ? [event.runId, event.side, event.text, event.done] : []))).toEqual(
    ['shrunk', 'original'].flatMap((side) => [0, 1, 2].map((i) => [runId, side, `${side}${i} `, i === 2])),
  )
})

test('a cancelled answer gives what was said; a second one, or one beside a run, is refused until then', async () => {
  const {
    service,
    dependencies: { store, runner },
  } = exampleWorkplace()
  const { runId } = doneRun(store, 'a file', { recipe: { parameters: { layerMs: 20 } } })
  const first = new Promise<void>((resolve) => {
    service.subscribe((event) => {
      if (event.kind === 'answer') resolve()
    })
  })
  const answers = service.call('answer.start', { runId, prompt: 'Hello', tokens: 500 })
  await first
  await expect(service.call('answer.start', { runId, prompt: 'Hello' })).rejects.toMatchObject({
    code: 'run-busy',
    details: { runId, answering: true },
  })
  await service.call('answer.cancel', { runId: 'another' })
  const cancelled = performance.now()
  await service.call('answer.cancel', { runId })
  const { original, shrunk } = await answers
  expect(performance.now() - cancelled).toBeLessThan(5000)
  expect(original).toEqual({ text: '', tokens: 0, secondsPerToken: 0, cut: true })
  expect(shrunk.tokens).toBeGreaterThan(0)
  expect(shrunk.tokens).toBeLessThan(500)
  const busy = runner.prepare(recipe())
  await expect(service.call('answer.start', { runId, prompt: 'Hello' })).rejects.toMatchObject({
    code: 'run-busy',
    details: { runId: busy.id },
  })
})

test('what is gone, changed, unfinished or refused by the engine is said, and the next answer works', async () => {
  const {
    service,
    dependencies: { store },
  } = exampleWorkplace()
  const refused = (runId: string, prompt = 'Hello') => expect(service.call('answer.start', { runId, prompt, tokens: 1 })).rejects
  const unfinished = doneRun(store)
  setState(store, unfinished.runId, 'cancelled', null)
  await refused(unfinished.runId).toMatchObject({ code: 'answer-unavailable', details: { reason: 'not-done' } })
  const gone = doneRun(store)
  rmSync(gone.path)
  await refused(gone.runId).toMatchObject({ code: 'answer-unavailable', details: { reason: 'file-gone', path: gone.path } })
  const changed = doneRun(store, 'a file')
  writeFileSync(changed.path, 'A FILE')
  await refused(changed.runId).toMatchObject({ code: 'answer-unavailable', details: { reason: 'file-changed' } })
  const folder = demoModelCopy()
  const moved = doneRun(store, 'a file', { recipe: { modelPath: folder } })
  rmSync(`${folder}/config.json`)
  await refused(moved.runId).toMatchObject({ code: 'answer-unavailable', details: { reason: 'model-gone', path: folder } })
  await refused(doneRun(store, 'a file', { recipe: { modelPath: temporaryFolder() } }).runId).toMatchObject({ code: 'answer-unavailable' })
  const { runId } = doneRun(store)
  await refused(runId, 'gone').toMatchObject({ code: 'answer-unavailable', details: { reason: 'model-changed' } })
  await refused('nobody').toMatchObject({ code: 'run-not-found' })
  expect((await service.call('answer.start', { runId, prompt: 'Hello', tokens: 1 })).shrunk.tokens).toBe(1)
})
