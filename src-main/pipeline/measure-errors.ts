import { randomUUID } from 'node:crypto'
import { open, readFile, rename, rm } from 'node:fs/promises'
import * as z from 'zod'
import { measureEncodeErrors } from '../calibration/encode-errors.ts'
import type { ErrorTable } from '../calibration/error-table.ts'
import { predictDivergence } from '../calibration/sensitivity.ts'
import { ExpectedError } from '../contract/errors.ts'
import { explainWriteFailure } from '../formats/write-failure.ts'
import { GGML_TYPES } from '../tensor/ggml-type.ts'
import type { GgmlTypeName } from '../tensor/ggml-type.ts'
import type { Calibration } from './calibrate.ts'
import type { Progress } from './progress.ts'
import type { Tools } from './tools.ts'

/** Types a tensor may be given. Their errors are measured together, so that every later budget and method finds them. */
const TYPES: readonly GgmlTypeName[] = ['Q8_0', 'Q6_K', 'Q5_K', 'Q4_K', 'Q4_0', 'Q3_K', 'Q2_K']

/** Rows looked at in each stored tensor, its experts together. */
const ROWS_PER_TENSOR = 4096

/** Raised whenever the encoders or the measurement change what the table would say. */
const VERSION = 4

/** Share of the work that encoding samples takes; running the model with coarse tensors takes the rest. */
const ENCODE_SHARE = 0.4

const ErrorCost = z.object({ smooth: z.number(), switching: z.number() })

const TableFile = z.object({
  version: z.literal(VERSION),
  table: z.object({
    sensitivity: z.enum(['measured-kl', 'output-power']),
    tensors: z.record(z.string(), z.partialRecord(z.enum(Object.keys(GGML_TYPES) as [GgmlTypeName]), ErrorCost)),
  }),
})

/**
 * What each type would cost each tensor: measured on the whole model when the method `needs` it, else predicted from the error's power; kept beside the calibration it was measured with, so that a new budget plans in seconds.
 * Throws the signal's reason, ExpectedError 'tensor-not-finite', 'disk-full' or 'work-folder-not-writable', and what `Forward.runLayer` throws.
 */
export async function measureErrors(input: {
  tools: Tools; calibration: Calibration; windows: readonly Int32Array[]; seed: number; needed: boolean; signal: AbortSignal; progress: Progress
}): Promise<ErrorTable> {
  const { tools, calibration, windows, seed, needed, signal, progress } = input
  const path = `${calibration.path}.${needed ? 'errors' : 'powers'}-${seed}.json`
  const kept = await readTable(path)
  if (kept !== null) return kept
  const { source: { model }, kernels, forward } = tools
  const { statistics } = calibration
  const errors = await measureEncodeErrors(model, statistics, kernels, {
    types: TYPES, rowsPerTensor: ROWS_PER_TENSOR, seed, signal,
    onProgress: (done, total) => progress.at((ENCODE_SHARE * done) / total, Math.min(done, model.layers.length) - 1),
  })
  const table = await predictDivergence({ forward, model, statistics, kernels, windows, errors }, {
    ...(needed ? {} : { mostWork: 0 }),
    signal, onProgress: (done, total) => progress.at(ENCODE_SHARE + ((1 - ENCODE_SHARE) * done) / total),
  })
  await writeTable(path, table)
  return table
}

/** The table kept at `path`; null when there is none or it is of another version. */
async function readTable(path: string): Promise<ErrorTable | null> {
  const text = await readFile(path, 'utf8').catch(() => null) // nothing kept yet
  if (text === null) return null
  const parsed = TableFile.safeParse(parseJson(text))
  return parsed.success ? parsed.data.table : null
}

/** A table cut short by a crash is no table; it is measured again. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/** In one step, under a name of its own until it is whole: another process may keep the same table at the same time. */
async function writeTable(path: string, table: ErrorTable): Promise<void> {
  const text = JSON.stringify({ version: VERSION, table })
  const temporary = `${path}.${randomUUID()}.part`
  try {
    const file = await open(temporary, 'wx')
    try {
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    const told = explainWriteFailure(error, path, text.length)
    const isFolder = told instanceof ExpectedError && told.code === 'output-not-writable'
    throw isFolder ? new ExpectedError('work-folder-not-writable', told.details, { cause: error }) : told
  }
}
