/**
 * An engine whose pipeline is made up: it "writes" layers of known bytes to the output file, one after the other, and does
 * what `recipe.parameters` says: `layers`, `layerMs`, `calibrateSteps` (each may be held), `checkMs`, `dieAt` / `exitAt` / `throwAt` (a
 * layer), `deaf` (never looks up), `noise`. FAKE_LAYER_MS sets `layerMs` where a recipe cannot.
 */
import { createHash } from 'node:crypto'
import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ExpectedError } from '../../src-main/contract/errors.ts'
import { openEnginePort } from '../../src-main/jobs/engine-port.ts'
import { serveEngine } from '../../src-main/jobs/serve-engine.ts'
import type { Gate } from '../../src-main/pipeline/gate.ts'
import type { Job, JobEvent } from '../../src-main/pipeline/job.ts'
import { model, plan, report } from '../store/example.ts'

const layerBytes = (layer: number): Buffer => createHash('sha512').update(`layer ${layer}`).digest()

async function* runJob(job: Job, signal: AbortSignal, gate: Gate): AsyncGenerator<JobEvent> {
  const knobs = { layers: 4, layerMs: Number(process.env['FAKE_LAYER_MS'] ?? 5), ...job.recipe.parameters } as {
    layers: number
    layerMs: number
    calibrateSteps?: number
    dieAt?: number
    exitAt?: number
    throwAt?: number
    deaf?: boolean
    noise?: string
  }
  if (knobs.noise !== undefined) console.error(knobs.noise)
  if (job.kind === 'check') return yield* check(job, knobs, signal)
  if (job.kind === 'judge') return yield { kind: 'reported', report: report(job.file) }
  if (job.kind === 'prepare') return yield* prepare(job, knobs, signal, gate)
  if (job.kind === 'answer') return yield* answer(job, knobs.layerMs, signal)
  const partial = `${job.outPath}.partial`
  const done = job.journal.length
  if (done === 0 || !existsSync(partial)) writeFileSync(partial, '')
  truncateSync(
    partial,
    job.journal.reduce((sum, row) => sum + row.bytes, 0),
  )
  yield { kind: 'stage', stage: 'compress', state: 'started' }
  for (let layer = done; layer < knobs.layers; layer++) {
    yield { kind: 'progress', stage: 'compress', done: layer, total: knobs.layers, layer, layers: knobs.layers, activity: 'encode' }
    // Only the first life of a run dies: its marker lies beside the file.
    const firstTime = !existsSync(`${partial}.died`)
    if (knobs.deaf === true) for (;;) Math.sqrt(2)
    if (firstTime && [knobs.dieAt, knobs.exitAt, knobs.throwAt].includes(layer)) {
      writeFileSync(`${partial}.died`, '')
      if (knobs.dieAt === layer) process.kill(process.pid, 'SIGKILL')
      if (knobs.exitAt === layer) process.exit(7)
      if (knobs.throwAt === layer) throw new ExpectedError('disk-full', { path: job.outPath, needed: 1 })
    }
    await sleep(knobs.layerMs, undefined, { signal })
    const bytes = layerBytes(layer)
    appendFileSync(partial, bytes)
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    yield { kind: 'layer', row: { layer, finishedAt: new Date().toISOString(), bytes: bytes.length, sha256, seconds: 0.01 } }
  }
  renameSync(partial, job.outPath)
  yield { kind: 'stage', stage: 'report', state: 'started' }
  yield { kind: 'reported', report: report(job.outPath) }
}

async function* check(
  job: Extract<Job, { kind: 'check' }>,
  knobs: { layerMs: number; dieAt?: number; checkMs?: number },
  signal: AbortSignal,
): AsyncGenerator<JobEvent> {
  yield { kind: 'check', item: { id: 'device', state: 'ok', details: { asked: 'auto', used: 'cpu' } }, step: null }
  mkdirSync(job.scratch)
  writeFileSync(join(job.scratch, 'trial'), 'bytes')
  yield { kind: 'check', item: null, step: { id: 'read', seconds: 0.1, bytes: 5 } }
  if (knobs.dieAt !== undefined) process.kill(process.pid, 'SIGKILL')
  await sleep(knobs.checkMs ?? 1, undefined, { signal })
  yield { kind: 'check', item: { id: 'trial', state: 'ok', details: {} }, step: null }
  const trial = { layer: 0, device: 'cpu', weights: 10, tokens: 20, steps: [], peakMemoryBytes: 1e8 }
  yield { kind: 'checked', trial, seconds: { low: 1, high: 2, reusesCalibration: false }, expectedBytes: 2e8 }
}

async function* prepare(
  job: Extract<Job, { kind: 'prepare' }>,
  knobs: { layerMs: number; calibrateSteps?: number },
  signal: AbortSignal,
  gate: Gate,
): AsyncGenerator<JobEvent> {
  yield { kind: 'stage', stage: 'open', state: 'started' }
  if (job.recipe.modelPath === '/missing') throw new ExpectedError('folder-not-found', { folder: job.recipe.modelPath })
  yield { kind: 'opened', model: { ...model, path: job.recipe.modelPath } }
  const path = join(job.folders.calibrations, 'fake.bin')
  const reused = existsSync(path)
  mkdirSync(job.folders.calibrations, { recursive: true })
  const steps = reused ? 0 : (knobs.calibrateSteps ?? 0)
  if (steps > 0) yield { kind: 'stage', stage: 'calibrate', state: 'started' }
  for (let step = 0; step < steps; step++) {
    await gate.pass()
    await sleep(knobs.layerMs, undefined, { signal })
    yield { kind: 'progress', stage: 'calibrate', done: step, total: steps, layer: step, layers: steps, activity: 'calibrate' }
  }
  if (!reused) writeFileSync(path, 'statistics')
  yield { kind: 'stage', stage: 'calibrate', state: reused ? 'reused' : 'started' }
  yield { kind: 'coverage', layer: 0, tokens: [3, 1, 4, 1] }
  yield { kind: 'calibrated', fingerprint: 'fake', path, reused, bytes: readFileSync(path).length }
  if (job.stopAfter !== 'plan') return
  yield { kind: 'stage', stage: 'plan', state: 'started' }
  yield { kind: 'planned', plan, outPath: job.recipe.outPath ?? freeName(join(job.folders.outputs, 'tiny')) }
}

/** As many words as tokens, a fake layer's time each; the prompt 'gone' is one the engine refuses. */
async function* answer(job: Extract<Job, { kind: 'answer' }>, wordMs: number, signal: AbortSignal): AsyncGenerator<JobEvent> {
  if (job.prompt === 'gone') throw new ExpectedError('answer-unavailable', { reason: 'model-changed', path: job.recipe.modelPath })
  for (const side of ['shrunk', 'original'] as const) {
    for (let tokens = 1; tokens <= job.tokens; tokens++) {
      await sleep(wordMs, undefined, { signal })
      const text = Array.from({ length: tokens }, (_, i) => `${side}${i} `).join('')
      yield {
        kind: 'answer',
        side,
        text: `${side}${tokens - 1} `,
        done: tokens === job.tokens,
        answer: { text, tokens, secondsPerToken: wordMs / 1000, cut: true },
      }
    }
  }
}

const freeName = (base: string): string =>
  existsSync(`${base}.gguf`) || existsSync(`${base}.gguf.partial`) ? freeName(`${base}-2`) : `${base}.gguf`

serveEngine(openEnginePort(), {
  runJob,
  probeDevices: async () => [{ device: 'cpu', available: true, detail: { said: 'made up' }, gflops: 1.5 }],
})
