import { Worker } from 'node:worker_threads'
import { expect, onTestFinished, test } from 'vitest'
import { openPlanning, type PlanningLimits, type PlanningThreads } from '../../src-main/pipeline/planning-threads.ts'
import type { PlanningKind } from '../../src-main/pipeline/planning-questions.ts'

/** Does what the model's path says, and counts what it was asked. */
const THREAD = `
const { parentPort } = require('node:worker_threads')
let asked = 0
parentPort.on('message', ({ kind, input }) => {
  asked++
  const { modelPath } = input
  if (modelPath === 'endless') for (;;);
  if (modelPath === 'greedy') for (let all = null;;) all = { all, more: 'x'.repeat(asked++ % 100) }
  if (modelPath === 'dead') process.exit(3)
  setTimeout(() => parentPort.postMessage({ answer: { kind, modelPath, asked } }), 20)
})`

const folders = { work: '', calibrations: '', resources: '' } as never

function threads(limits: Partial<PlanningLimits> = {}): { started: () => number; planning: PlanningThreads } {
  let started = 0
  const planning = openPlanning(limits, (megabytes) => {
    started++
    return new Worker(THREAD, { eval: true, resourceLimits: { maxOldGenerationSizeMb: megabytes } })
  })
  onTestFinished(() => planning.close())
  return { started: () => started, planning }
}

const asker = (planning: PlanningThreads) => {
  const own = planning.open()
  return {
    leave: () => own.leave(),
    ask: (modelPath: string, kind: PlanningKind = 'cost') =>
      own.ask(kind, { modelPath } as never, folders) as unknown as Promise<{ asked: number }>,
  }
}

test('a question without end is given up in time, and the next one finds a thread', async () => {
  const { planning, started } = threads({ seconds: 0.5 })
  const { ask } = asker(planning)
  await expect(ask('endless')).rejects.toMatchObject({ code: 'planning-stopped', details: { reason: 'time', seconds: 0.5 } })
  await expect(ask('a')).resolves.toMatchObject({ asked: 1 })
  await expect(ask('b')).resolves.toMatchObject({ asked: 2 })
  expect(started()).toBe(2)
})

test('one that takes all memory ends its thread, not the process', async () => {
  const { ask } = asker(threads({ megabytes: 32 }).planning)
  await expect(ask('greedy')).rejects.toMatchObject({ code: 'planning-stopped', details: { reason: 'memory' } })
  await expect(ask('a')).resolves.toMatchObject({ asked: 1 })
})

test('a thread that dies fails its question alone', async () => {
  const { ask } = asker(threads().planning)
  const [died, fine] = await Promise.allSettled([ask('dead'), ask('a')])
  expect(died).toMatchObject({ status: 'rejected', reason: new Error('the planning thread ended') })
  expect(fine).toMatchObject({ status: 'fulfilled' })
})

test('slow questions of one caller delay neither its quick ones nor anybody else', async () => {
  const { planning } = threads({ threads: 3, seconds: 60 })
  const [slow, other] = [asker(planning), asker(planning)]
  const stuck = Promise.allSettled([slow.ask('endless'), slow.ask('after'), slow.ask('open me')])
  await expect(slow.ask('quick', 'open')).resolves.toMatchObject({ modelPath: 'quick' })
  await expect(other.ask('a')).resolves.toMatchObject({ modelPath: 'a' })
  await expect(other.ask('b', 'preview')).resolves.toMatchObject({ modelPath: 'b' })
  slow.leave()
  for (const one of await stuck) expect(one).toMatchObject({ status: 'rejected', reason: { code: 'app-closing' } })
  // Who left holds no thread: three callers find one each.
  await expect(Promise.all(Array.from({ length: 3 }, () => asker(planning).ask('c')))).resolves.toHaveLength(3)
})

test('equal questions share an answer, and a few of one kind do not wait for the many of another', async () => {
  const { planning } = threads({ threads: 1 })
  const { ask } = asker(planning)
  const order: string[] = []
  const noted = async (name: string, kind: PlanningKind) => {
    await ask(name, kind).then(() => order.push(name))
  }
  await Promise.all([
    ...Array.from({ length: 50 }, () => ask('same', 'fits')),
    noted('1', 'fits'),
    noted('2', 'fits'),
    noted('3', 'fits'),
    noted('preview', 'preview'),
  ])
  expect(order).toEqual(['preview', '1', '2', '3'])
  await expect(ask('last')).resolves.toMatchObject({ asked: 6 })
})
