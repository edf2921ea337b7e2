import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rm, truncate } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { toldText } from '../../src-main/contract/reasons.ts'
import type { Budget } from '../../src-main/contract/recipe.ts'
import type { Report } from '../../src-main/contract/report.ts'
import { Report as ReportSchema } from '../../src-main/contract/report.ts'
import type { JobEvent } from '../../src-main/pipeline/job.ts'
import { runJob } from '../../src-main/pipeline/run-job.ts'
import { TINY_K_SHAPE } from '../fixtures/tiny-checkpoint.ts'
import {
  eventsOfJob,
  filesIn,
  finishJob,
  makeExample,
  ofKind,
  prepared,
  preparedBy,
  prepareJob,
  recipeOf,
  reportOf,
} from './job-example.ts'
import type { JobExample, Prepared } from './job-example.ts'

const SHAPE = { ...TINY_K_SHAPE, layers: 3 }
const LAYERS = [null, 0, 1, 2]
let root: string
let example: JobExample
/** What the first, undisturbed run told. */
let preparing: JobEvent[]
let ready: Prepared
let finishing: JobEvent[]
let report: Report
let file: Buffer

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'whittle-run-job-'))
  example = await makeExample(root, SHAPE)
  preparing = await eventsOfJob(prepareJob(example, recipeOf(example)))
  ready = preparedBy(preparing)
  finishing = await eventsOfJob(finishJob(example, recipeOf(example), ready))
  report = reportOf(finishing)
  file = await readFile(ready.outPath)
})
afterAll(() => rm(root, { recursive: true, force: true }))

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
const stagesOf = (events: readonly JobEvent[]): string[] => ofKind(events, 'stage').map(({ stage, state }) => `${stage} ${state}`)

/** Expects units that never fall and end where all is done. */
function expectHonestProgress(events: readonly JobEvent[]): void {
  const steps = ofKind(events, 'progress')
  expect(steps.length).toBeGreaterThan(3)
  for (const [index, step] of steps.entries()) {
    expect(step.done).toBeGreaterThanOrEqual(steps[index - 1]?.done ?? 0)
    expect(step.done).toBeLessThanOrEqual(step.total)
    expect(step.layers).toBe(SHAPE.layers)
    if (step.layer !== null) expect(LAYERS).toContain(step.layer)
  }
  expect(steps.at(-1)?.done).toBe(steps.at(-1)?.total)
}

/** Expects the signal's own reason, soon: `act` is given a signal that aborts at the first event `at` accepts. */
async function expectAbort(
  act: (signal: AbortSignal, onEvent: (event: JobEvent) => void) => Promise<unknown>,
  at: (event: JobEvent) => boolean,
): Promise<void> {
  const abort = new AbortController()
  const reason = new Error('enough')
  let abortedAt = NaN
  await expect(
    act(abort.signal, (event) => {
      if (abort.signal.aborted || !at(event)) return
      abortedAt = performance.now()
      abort.abort(reason)
    }),
  ).rejects.toBe(reason)
  expect(performance.now() - abortedAt).toBeLessThan(5000)
}

describe('prepare', () => {
  it('goes through open, calibrate and plan, in this order', () => {
    expect(stagesOf(preparing)).toEqual([
      'open started',
      'open finished',
      'calibrate started',
      'calibrate finished',
      'plan started',
      'plan finished',
    ])
    const milestones = preparing.map(({ kind }) => kind).filter((kind) => ['opened', 'calibrated', 'planned'].includes(kind))
    expect(milestones).toEqual(['opened', 'calibrated', 'planned'])
    expectHonestProgress(preparing)
  })

  it('says when the text is shorter than asked for, and refuses windows longer than the model reads', async () => {
    const lines = ofKind(preparing, 'log').map(({ line }) => line)
    const wanted = recipeOf(example).calibrationTokens
    const told = lines.some((line) => line.say === 'text-short' && line.wanted === wanted)
    expect(told).toBe(wanted > 256)
    const long = { ...recipeOf(example), windowTokens: SHAPE.contextLength + 1 }
    await expect(eventsOfJob(prepareJob(example, long))).rejects.toMatchObject({
      code: 'request-invalid',
      details: { problems: [{ path: 'windowTokens' }] },
    })
  })

  it('tells of every layer where its tokens went: as many as there are tokens, times experts per token', () => {
    const coverage = ofKind(preparing, 'coverage')
    expect(coverage.map(({ layer }) => layer)).toEqual([0, 1, 2])
    for (const { tokens } of coverage) {
      expect(tokens).toHaveLength(SHAPE.experts)
      expect(tokens.reduce((sum, count) => sum + count, 0)).toBe(256 * SHAPE.expertsPerToken)
    }
  })

  it('measures once: another budget takes calibration and errors as they are kept', async () => {
    const before = await filesIn(example.folders.calibrations)
    expect(Object.keys(before)).toHaveLength(2)
    const events = await eventsOfJob(prepareJob(example, recipeOf(example, { budget: { kind: 'bits', bitsPerWeight: 7 } })))
    expect(stagesOf(events)).toContain('calibrate reused')
    expect(ofKind(events, 'calibrated')[0]).toMatchObject({ reused: true, path: ready.calibrationPath })
    expect(ofKind(events, 'coverage')).toEqual(ofKind(preparing, 'coverage'))
    expect(await filesIn(example.folders.calibrations)).toEqual(before)
    expect(preparedBy(events).plan.bytes).not.toBe(ready.plan.bytes)
    expectHonestProgress(events)
  })

  it.each<{ budget: Budget }>([
    { budget: { kind: 'bits', bitsPerWeight: 3.2 } },
    { budget: { kind: 'percent', percent: 40 } },
    { budget: { kind: 'size', bytes: 2_345_678 } },
    { budget: { kind: 'bits', bitsPerWeight: 16 } },
  ])('plans within $budget', async ({ budget }) => {
    const { plan } = await prepared(example, recipeOf(example, { budget }))
    expect(plan.bytes).toBeLessThanOrEqual(plan.budgetBytes)
    expect(plan.cells.reduce((sum, cell) => sum + cell.weights, 0)).toBe(plan.weights)
    expect(JSON.parse(JSON.stringify(plan))).toEqual(plan)
  })

  it('does not run the model again for a method that needs no measured errors', async () => {
    const plan = preparedBy(await eventsOfJob(prepareJob(example, { ...recipeOf(example), method: 'uniform' }))).plan
    expect(plan.sensitivity).toBe('output-power')
    expect(plan.expectedError).toBeGreaterThan(0)
    expect(ready.plan.sensitivity).toBe('measured-kl')
  })

  it('stops after the stage it is asked for, with all its work done', async () => {
    const opened = await eventsOfJob(prepareJob(example, recipeOf(example), 'open'))
    expect(stagesOf(opened)).toEqual(['open started', 'open finished'])
    const calibrated = await eventsOfJob(prepareJob(example, recipeOf(example, { calibrationTokens: 320 }), 'calibrate'))
    expect(stagesOf(calibrated)).toEqual(['open started', 'open finished', 'calibrate started', 'calibrate finished'])
    expect(ofKind(calibrated, 'planned')).toEqual([])
    expectHonestProgress(calibrated)
  })

  it('stopped while it calibrates, ends with the reason of the signal and keeps nothing', async () => {
    const before = await filesIn(root)
    const job = prepareJob(example, recipeOf(example, { calibrationTokens: 512 }))
    await expectAbort(
      (signal, onEvent) => eventsOfJob(job, signal, onEvent),
      (event) => event.kind === 'coverage',
    )
    expect(await filesIn(root)).toEqual(before)
  })

  it('measures a damaged calibration again and says so', async () => {
    const other = { ...example, folders: { ...example.folders, calibrations: join(root, 'damaged') } }
    await mkdir(other.folders.calibrations)
    const job = prepareJob(other, recipeOf(other), 'calibrate')
    const [kept] = ofKind(await eventsOfJob(job), 'calibrated')
    if (kept === undefined) throw new Error('nothing was calibrated')
    const sound = await readFile(kept.path)
    await truncate(kept.path, 1000)
    const events = await eventsOfJob(job)
    expect(ofKind(events, 'log').map(({ line }) => line)).toContainEqual({
      say: 'calibration-damaged',
      why: { path: kept.path, reason: 'checksum' },
    })
    expect(ofKind(events, 'calibrated')[0]).toMatchObject({ reused: false, path: kept.path })
    expect((await readFile(kept.path)).equals(sound)).toBe(true)
  })
})

describe('finish', () => {
  it('writes the planned file and reports on it', () => {
    expect(stagesOf(finishing)).toEqual(['compress started', 'compress finished', 'report started', 'report finished'])
    expect(ofKind(finishing, 'layer').map(({ row }) => row.layer)).toEqual(LAYERS)
    expectHonestProgress(finishing)
    expect(file.length).toBe(ready.plan.bytes)
    expect(ready.plan.bytes).toBeLessThanOrEqual(ready.plan.budgetBytes)
  })

  it('gives a report whose numbers fit together', () => {
    expect(ReportSchema.parse(report)).toEqual(report)
    expect(report).toMatchObject({
      method: ready.plan.method,
      planBytes: file.length,
      budgetBytes: ready.plan.budgetBytes,
      original: { bytes: ready.plan.originalBytes },
      file: { path: ready.outPath, bytes: file.length, sha256: sha256(file) },
    })
    expect(report.bitsPerWeight).toBeCloseTo(ready.plan.bitsPerWeight, 9)
    expect(report.audit.map(({ tensor, to, bytes }) => ({ tensor, to, bytes }))).toEqual(
      ready.plan.cells.map(({ tensor, detail }) => ({ tensor, to: detail, bytes: expect.any(Number) })),
    )
    for (const row of report.audit) {
      if (row.to === 'F32' || row.to === 'BF16')
        expect(row.relativeError).toBe(0) // the checkpoint is BF16
      else expect(row.relativeError).toBeGreaterThan(0)
      expect(row.relativeError).toBeLessThan(0.5)
    }
    const windows = 256 / 64
    expect(report.quality.tokens).toBe(windows * 63)
    expect(report.quality.klDivergence.mean).toBeGreaterThan(0)
    expect(report.peakMemoryBytes).toBeGreaterThan(file.length)
  })

  it('has llama.cpp confirm the file', ({ skip }) => {
    if (report.verificationMissing !== null) skip(toldText(report.verificationMissing))
    expect(report.verification).toMatchObject({ agrees: true, expected: report.quality.perplexity.shrunk })
    expect(ofKind(finishing, 'log').filter(({ level }) => level === 'error')).toEqual([])
  })

  it('writes the same bytes from the same seed, under a name that is free', async () => {
    const again = await prepared(example, recipeOf(example))
    expect(again.plan).toEqual(ready.plan)
    expect(basename(again.outPath)).toMatch(/-2\.gguf$/)
    const outPath = join(root, 'threads.gguf')
    const recipe = recipeOf(example, { outPath, threads: 2 })
    expect(reportOf(await eventsOfJob(finishJob(example, recipe, { ...again, outPath }))).file.sha256).toBe(report.file.sha256)
  })

  it('stopped while it writes, keeps what can be resumed and goes on to the same bytes and a full report', async () => {
    const outPath = join(root, 'stopped.gguf')
    const job = finishJob(example, recipeOf(example, { outPath }), { ...ready, outPath })
    const before = await filesIn(root)
    await expectAbort(
      (signal, onEvent) => eventsOfJob(job, signal, onEvent),
      (event) => event.kind === 'stage',
    )
    const added = Object.keys(await filesIn(root)).filter((name) => !(name in before))
    expect(added).toEqual(['stopped.gguf.partial'])
    const journal = ofKind(finishing, 'layer')
      .map(({ row }) => row)
      .slice(0, 2)
    await expectAbort(
      (signal, onEvent) => eventsOfJob(job, signal, onEvent),
      (event) => event.kind === 'layer' && event.row.layer === 0,
    )
    const events = await eventsOfJob({ ...job, journal })
    expect(ofKind(events, 'layer').map(({ row }) => row.layer)).toEqual([1, 2])
    expect(reportOf(events)).toMatchObject({ file: { sha256: report.file.sha256 }, quality: report.quality, audit: report.audit })
    expectHonestProgress(events)
  })

  it('done already, only reports again', async () => {
    const before = await filesIn(example.folders.outputs)
    const journal = ofKind(finishing, 'layer').map(({ row }) => row)
    const events = await eventsOfJob(finishJob(example, recipeOf(example), ready, journal))
    expect(ofKind(events, 'layer')).toEqual([])
    expect(await filesIn(example.folders.outputs)).toEqual(before)
    expect(reportOf(events)).toMatchObject({
      file: report.file,
      quality: report.quality,
      audit: report.audit,
      verification: report.verification,
    })
    expectHonestProgress(events)
  })

  it('whose listener leaves has stopped when the leaving is done', async () => {
    const outPath = join(root, 'left.gguf')
    for await (const event of runJob(finishJob(example, recipeOf(example), { ...ready, outPath }), new AbortController().signal)) {
      if (event.kind === 'stage') break
    }
    const left = await filesIn(root)
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(await filesIn(root)).toEqual(left)
    expect(Object.keys(left)).not.toContain('left.gguf')
  })
})

describe('judge', () => {
  it('says of a finished file what its run said', async () => {
    const events = await eventsOfJob({ kind: 'judge', recipe: recipeOf(example), folders: example.folders, file: ready.outPath })
    const judged = reportOf(events)
    expect(stagesOf(events)).toEqual(['report started', 'report finished'])
    expect(judged).toMatchObject({
      quality: report.quality,
      verification: report.verification,
      file: report.file,
      bitsPerWeight: report.bitsPerWeight,
    })
    expectHonestProgress(events)
  })
})
