import { fileURLToPath } from 'node:url'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import type { QualityCurve } from '../../src-main/contract/curve.ts'
import { Recipe } from '../../src-main/contract/recipe.ts'
import type { JobFolders } from '../../src-main/pipeline/job.ts'
import { qualityCurve } from '../../src-main/pipeline/curve.ts'
import { fitsOf } from '../../src-main/pipeline/fit.ts'
import { knownSource } from '../../src-main/pipeline/known-source.ts'
import { openPlanning } from '../../src-main/pipeline/planning-threads.ts'
import { methods } from '../../src-main/methods/index.ts'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { eventsOfJob, ofKind } from './job-example.ts'

const RESOURCES = fileURLToPath(new URL('../../resources', import.meta.url))
const DEMO = join(RESOURCES, 'demo-model')
/** Little text: what a calibration says is not the point here. */
const demo = (changes: Partial<Recipe> = {}): Recipe =>
  Recipe.parse({
    modelPath: DEMO,
    budget: { kind: 'percent', percent: 30 },
    calibrationTokens: 512,
    heldOutTokens: 512,
    windowTokens: 64,
    device: 'cpu',
    threads: 1,
    ...changes,
  })

async function foldersIn(root: string): Promise<JobFolders> {
  const folders = { calibrations: join(root, 'calibrations'), outputs: join(root, 'outputs'), resources: RESOURCES }
  for (const folder of [folders.calibrations, folders.outputs]) await mkdir(folder, { recursive: true })
  return folders
}

function expectSound({ points, stops }: QualityCurve): void {
  for (const [i, point] of points.entries()) {
    const before = points[i - 1]
    if (before === undefined) continue
    expect(point.fileBytes).toBeGreaterThan(before.fileBytes)
    expect(point.klDivergence).toBeLessThan(before.klDivergence)
  }
  const { small, balanced, careful } = stops ?? expect.fail('no stops')
  for (const stop of [small, balanced, careful]) expect(points).toContainEqual(stop)
  expect(small.fileBytes).toBeLessThan(balanced.fileBytes)
  expect(balanced.fileBytes).toBeLessThan(careful.fileBytes)
  expect(small.klDivergence).toBeLessThan(0.15)
  expect(careful.klDivergence).toBeLessThan(0.005)
}

describe('the demo model', () => {
  const root = mkdtempSync(join(tmpdir(), 'whittle-curve-'))
  let folders: JobFolders
  beforeAll(async () => {
    folders = await foldersIn(root)
    return () => rmSync(root, { recursive: true, force: true })
  })

  test('without a calibration its curve is the typical one, and methods that predict nothing have none', async () => {
    const known = await knownSource(DEMO)
    const curve = await qualityCurve(demo(), known, folders)
    expect(curve.basis).toBe('typical')
    expectSound(curve)
    expect((await qualityCurve(demo({ method: 'uniform' }), known, folders)).basis).toBe('typical')
    for (const method of ['mc', 'mobe'])
      expect(await qualityCurve(demo({ method }), known, folders)).toEqual({ basis: null, points: [], stops: null })
  })

  test('with the calibration a run left, every point is what that run would plan; another text or seed has none', async () => {
    const [planned] = ofKind(await eventsOfJob({ kind: 'prepare', recipe: demo(), folders, stopAfter: 'plan' }), 'planned')
    const plan = planned?.plan ?? expect.fail('no plan')
    const known = await knownSource(DEMO)
    const curve = await qualityCurve(demo(), known, folders)
    expect(curve.basis).toBe('measured')
    expectSound(curve)
    const [, middle] = curve.points.slice(curve.points.length / 2 - 1)
    const { fileBytes, klDivergence } = middle ?? expect.fail('no point')
    const again = ofKind(
      await eventsOfJob({ kind: 'prepare', recipe: demo({ budget: { kind: 'size', bytes: fileBytes } }), folders, stopAfter: 'plan' }),
      'planned',
    )[0]?.plan
    expect(again?.bytes).toBe(fileBytes)
    expect(klDivergence).toBeCloseTo(again?.expectedError ?? NaN, 12)
    const fit = (await fitsOf(demo(), known, folders)).find(({ method }) => method === 'measured-bits')
    expect(fit?.fileBytes).toBe(plan.bytes)
    expect(fit?.klDivergence).toMatchObject({ low: plan.expectedError, basis: 'measured' })
    // Seen by 'auto' as well, and by one type for all, whose own measurement is coarser; not by another text.
    expect((await qualityCurve(demo({ device: 'auto', method: 'uniform' }), known, folders)).basis).toBe('measured')
    expect((await qualityCurve(demo({ calibrationTokens: 1024 }), known, folders)).basis).toBe('typical')
    expect((await qualityCurve(demo({ seed: 1 }), known, folders)).basis).toBe('typical')
  })

  test('every method says what it would give or why it cannot', async () => {
    const known = await knownSource(DEMO)
    const at = async (changes: Partial<Recipe>) => new Map((await fitsOf(demo(changes), known, folders)).map((fit) => [fit.method, fit]))
    const sized = await at({})
    expect([...sized.keys()]).toEqual(methods.map(({ id }) => id))
    for (const { obstacle, fileBytes } of sized.values()) {
      if (obstacle === null) expect(fileBytes).toBeLessThanOrEqual(known.source.facts.bytes * 0.3)
      else expect(obstacle.code).toBe('budget-too-small')
    }
    expect(sized.get('mobe')?.klDivergence).toBeNull()
    const gguf = await at({ format: 'gguf' })
    expect(gguf.get('mobe')?.obstacle).toMatchObject({ code: 'method-not-applicable', details: { format: 'gguf' } })
    const removed = await at({ budget: { kind: 'remove', percent: 25 } })
    expect(removed.get('measured-bits')?.obstacle?.code).toBe('budget-invalid')
    expect(removed.get('mobe')).toMatchObject({ obstacle: null })
    const tiny = await at({ budget: { kind: 'size', bytes: 100_000 } })
    for (const { obstacle } of tiny.values())
      expect(obstacle).toMatchObject({ code: 'budget-too-small', details: { smallestBytes: expect.any(Number) as number } })
  })

  test('the thread answers questions in turn, and failures in words', async () => {
    const threads = openPlanning()
    onTestFinished(() => threads.close())
    const planning = threads.open()
    const [curve, fits, refused] = await Promise.allSettled([
      planning.ask('curve', demo({ method: 'uniform' }), folders),
      planning.ask('fits', demo(), folders),
      planning.ask('curve', demo({ method: 'nothing' }), folders),
    ])
    expect(curve).toMatchObject({ status: 'fulfilled' })
    expect(fits).toMatchObject({ status: 'fulfilled' })
    expect(refused).toMatchObject({ status: 'rejected', reason: { code: 'method-unknown' } })
  })
})
