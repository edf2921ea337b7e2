import { createHash } from 'node:crypto'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Plan } from '../../src-main/contract/plan.ts'
import type { Job } from '../../src-main/pipeline/job.ts'
import type { Source } from '../../src-main/pipeline/source.ts'
import { isWritten, takeUpUnheard } from '../../src-main/pipeline/written-before.ts'
import { temporaryFolder } from '../store/example.ts'

type FinishJob = Extract<Job, { kind: 'finish' }>

/** Only the number of layers is asked for. */
const SOURCE = { model: { shape: { layers: 2 } } } as Source
const HEADER = 'head'
const LAYERS = ['embedding', 'first', 'second']

/** A finished file and the job that wrote it, with the first `rows` layers in its journal. */
function finished(rows: number): FinishJob {
  const outPath = join(temporaryFolder(), 'x.gguf')
  writeFileSync(outPath, HEADER + LAYERS.join(''))
  const journal = LAYERS.slice(0, rows).map((text, index) => ({
    layer: index === 0 ? null : index - 1,
    finishedAt: '2026-01-01T00:00:00.000Z',
    bytes: text.length,
    sha256: createHash('sha256').update(text).digest('hex'),
    seconds: 1,
  }))
  const plan = { format: 'gguf', headerBytes: HEADER.length, bytes: HEADER.length + LAYERS.join('').length } as Plan
  return { kind: 'finish', outPath, plan, journal, ownsPartial: true, ownsOutput: true } as unknown as FinishJob
}

test('a file is written when every layer is journaled and is what lies there', async () => {
  const job = finished(3)
  expect(await isWritten(job, SOURCE)).toBe(true)
  expect(await isWritten(finished(2), SOURCE)).toBe(false)
  writeFileSync(job.outPath, `${HEADER}${LAYERS.join('').replace('first', 'other')}`)
  expect(await isWritten(job, SOURCE)).toBe(false)
})

test('a file whose last layer is in no journal is taken up', async () => {
  const job = finished(2)
  await takeUpUnheard(job, SOURCE)
  expect([existsSync(job.outPath), existsSync(`${job.outPath}.partial`)]).toEqual([false, true])
})

test.each<[string, (job: FinishJob) => unknown]>([
  ['another run finished it', (job) => ({ ...job, ownsOutput: false })],
  ['nothing is journaled', (job) => ({ ...job, journal: [] })],
  ['a journaled layer is another there', ({ outPath }) => writeFileSync(outPath, `${HEADER}${LAYERS.join('').replace('first', 'other')}`)],
  ['it has another size', ({ outPath }) => writeFileSync(outPath, `${HEADER}${LAYERS.join('')}more`)],
  ['something lies under the temporary name', ({ outPath }) => writeFileSync(`${outPath}.partial`, 'mine')],
])('it stays where %s', async (_, change) => {
  const job = finished(2)
  const partialBefore = (): boolean => existsSync(`${job.outPath}.partial`)
  const changed = (change(job) as FinishJob | undefined) ?? job
  const before = partialBefore()
  await takeUpUnheard(changed, SOURCE)
  expect([existsSync(job.outPath), partialBefore()]).toEqual([true, before])
})
