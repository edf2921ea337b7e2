import { cp, mkdir, mkdtemp, readdir, rm, truncate, writeFile } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TRIAL_STEPS, type CheckItem } from '../../src-main/contract/check.ts'
import type { Recipe } from '../../src-main/contract/recipe.ts'
import { SOURCE_ROOT } from '../../src-main/hosts/workplace.ts'
import type { Job, JobEvent } from '../../src-main/pipeline/job.ts'
import { runJob } from '../../src-main/pipeline/run-job.ts'
import { TINY_SHAPE } from '../fixtures/tiny-checkpoint.ts'
import { putNaN } from './damage.ts'
import { eventsOfJob, makeExample, ofKind, recipeOf } from './job-example.ts'
import type { JobExample } from './job-example.ts'

let root: string
let example: JobExample
let scratches = 0

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'whittle-check-'))
  example = await makeExample(root, { ...TINY_SHAPE, layers: 3 }, 2)
  await cp(join(SOURCE_ROOT, 'resources', 'modeling'), join(example.folders.resources, 'modeling'), { recursive: true })
})
afterAll(() => rm(root, { recursive: true, force: true }))

const checkJob = (changes: Partial<Recipe>): Extract<Job, { kind: 'check' }> => ({
  kind: 'check',
  recipe: recipeOf(example, changes),
  folders: example.folders,
  scratch: join(root, `scratch-${scratches++}`),
})
const itemsOf = (events: readonly JobEvent[]): CheckItem[] => ofKind(events, 'check').flatMap(({ item }) => (item === null ? [] : [item]))
const itemOf = (events: readonly JobEvent[], id: CheckItem['id']): CheckItem | undefined => itemsOf(events).find((item) => item.id === id)

const RECIPES: readonly [name: string, changes: Partial<Recipe>][] = [
  ['measured bits', { budget: { kind: 'percent', percent: 50 } }],
  ['GPTQ into a GGUF file', { method: 'gptq', format: 'gguf', budget: { kind: 'percent', percent: 50 } }],
  ['a folder of codes', { method: 'rtn', format: 'safetensors', budget: { kind: 'bits', bitsPerWeight: 3 } }],
  [
    'experts that are skipped',
    { method: 'mc', format: 'safetensors', budget: { kind: 'bits', bitsPerWeight: 2.5 }, parameters: { skipExperts: 0.2 } },
  ],
  ['a dense rebuild', { method: 'svd', format: 'safetensors-dense', budget: { kind: 'remove', percent: 40 } }],
  ['bases that are learned', { method: 'mobe', budget: { kind: 'remove', percent: 25 } }],
]

describe('the first layer, end to end', () => {
  it.each(RECIPES)('%s', async (_, changes) => {
    const job = checkJob(changes)
    const events = await eventsOfJob(job)
    expect(itemsOf(events).filter(({ state }) => state === 'stop')).toEqual([])
    const [checked] = ofKind(events, 'checked')
    expect(checked?.trial.steps.map(({ id }) => id)).toEqual(TRIAL_STEPS)
    for (const { seconds, bytes } of checked?.trial.steps ?? []) {
      expect(seconds).toBeGreaterThan(0)
      expect(bytes).toBeGreaterThan(0)
    }
    expect(checked?.trial).toMatchObject({ layer: 0, device: 'cpu', tokens: 256 })
    expect(checked?.seconds.high).toBeGreaterThan(checked?.seconds.low ?? Infinity)
    expect(checked?.expectedBytes).toBeGreaterThan(checked?.trial.peakMemoryBytes ?? Infinity)
    expect(await readdir(example.folders.calibrations)).toEqual([])
    expect(await readdir(example.folders.outputs)).toEqual([])
  })
})

describe('what is in the way is a finding', () => {
  it('a shard that ends too early', async () => {
    const model = join(root, 'short')
    await cp(example.model, model, { recursive: true })
    const [shard = ''] = (await readdir(model)).filter((name) => name.endsWith('.safetensors'))
    await truncate(join(model, shard), 2000)
    const events = await eventsOfJob(checkJob({ modelPath: model }))
    expect(itemOf(events, 'trial')).toMatchObject({ state: 'stop', details: { error: { code: expect.stringMatching(/^shard-|header/) } } })
    expect(ofKind(events, 'checked')).toEqual([])
  })

  it('a weight of the layer that is no number', async () => {
    const model = join(root, 'broken')
    await cp(example.model, model, { recursive: true })
    await putNaN(model, 'model.layers.0.mlp.experts.1.up_proj.weight', 5)
    expect(itemOf(await eventsOfJob(checkJob({ modelPath: model })), 'trial')).toMatchObject({
      state: 'stop',
      details: { error: { code: 'tensor-not-finite' } },
    })
  })

  it('a device that is not here', async () => {
    const events = await eventsOfJob(checkJob({ device: 'coreml' }))
    expect(itemsOf(events)).toMatchObject([
      { id: 'device', state: 'stop', details: { asked: 'coreml', error: { code: 'device-unavailable' } } },
    ])
  })

  it('a file that is there already, and one that may be replaced', async () => {
    const outPath = join(root, 'there.gguf')
    await writeFile(outPath, 'GGUF, mine')
    expect(itemOf(await eventsOfJob(checkJob({ outPath })), 'output')).toMatchObject({
      state: 'stop',
      details: { path: outPath, error: { code: 'output-exists' } },
    })
    expect(itemOf(await eventsOfJob(checkJob({ outPath, overwrite: true })), 'output')).toMatchObject({
      state: 'warn',
      details: { replaces: true },
    })
  })

  it('less text than asked for, and none at all', async () => {
    expect(itemOf(await eventsOfJob(checkJob({ calibrationTokens: 1_000_000 })), 'text')).toMatchObject({
      state: 'warn',
      details: { asked: { calibration: 1_000_000 } },
    })
    const missing = await eventsOfJob(checkJob({ corpusPath: join(root, 'none.txt') }))
    expect(itemOf(missing, 'text')).toMatchObject({ state: 'stop', details: { error: { code: 'corpus-not-found' } } })
    expect(ofKind(missing, 'checked')).toEqual([])
  })

  it('a budget no plan can keep', async () => {
    const events = await eventsOfJob(checkJob({ budget: { kind: 'size', bytes: 1000 } }))
    expect(itemOf(events, 'trial')).toMatchObject({ state: 'stop', details: { error: { code: 'budget-too-small' } } })
  })

  it('a volume named with what will be put on it', async () => {
    const item = itemOf(await eventsOfJob(checkJob({})), 'disk')
    expect(item).toMatchObject({ details: { volumes: [{ uses: ['output', 'work'], freeBytes: expect.any(Number) }] } })
    const { outputBytes, calibrationBytes, volumes } = item?.details as {
      outputBytes: number
      calibrationBytes: number
      volumes: { neededBytes: number }[]
    }
    expect(volumes[0]?.neededBytes).toBe(outputBytes + calibrationBytes)
    expect(calibrationBytes).toBeGreaterThan(0)
  })
})

it('knows that an earlier run left its calibration', async () => {
  const kept = join(root, 'kept')
  await mkdir(kept)
  const folders = { ...example.folders, calibrations: kept }
  const recipe = recipeOf(example)
  await eventsOfJob({ kind: 'prepare', recipe, folders, stopAfter: 'calibrate' })
  const [checked] = ofKind(await eventsOfJob({ ...checkJob({}), folders }), 'checked')
  expect(checked?.seconds.reusesCalibration).toBe(true)
})

it('stops soon when it is told to', async () => {
  const abort = new AbortController()
  const job = checkJob({})
  const work = async (): Promise<void> => {
    for await (const event of runJob(job, abort.signal))
      if (event.kind === 'check' && event.step?.id === 'read') abort.abort(new Error('enough'))
  }
  await expect(work()).rejects.toThrow('enough')
  expect(existsSync(join(job.scratch, 'trial'))).toBe(false)
})
