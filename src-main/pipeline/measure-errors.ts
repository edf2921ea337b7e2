import * as z from 'zod'
import { measureEncodeErrors } from '../calibration/encode-errors.ts'
import type { ErrorTable } from '../calibration/error-table.ts'
import { predictDivergence } from '../calibration/sensitivity.ts'
import { GGML_TYPES } from '../tensor/ggml-type.ts'
import type { GgmlTypeName } from '../tensor/ggml-type.ts'
import type { Calibration } from './calibrate.ts'
import { keepJson, readKeptJson } from './kept-json.ts'
import type { RunProgress } from './progress.ts'
import type { Tools } from './tools.ts'

/** Types a tensor may be given. Their errors are measured together, so that every later budget and method finds them. */
const TYPES: readonly GgmlTypeName[] = ['Q8_0', 'Q6_K', 'Q5_K', 'Q4_K', 'Q4_0', 'Q3_K', 'Q2_K']

/** Rows looked at in each stored tensor, its experts together. */
export const ROWS_PER_TENSOR = 4096

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
 * What each type would cost each tensor: measured on the whole model when the method `needs` it, else predicted from the error's power;
 * kept beside the calibration it was measured with, so that a new budget plans in seconds. Throws the signal's reason, ExpectedError
 * 'tensor-not-finite', 'disk-full' or 'work-folder-not-writable', and what `Forward.runLayer` throws.
 */
export async function measureErrors(input: {
  tools: Tools
  calibration: Calibration
  windows: readonly Int32Array[]
  seed: number
  needed: boolean
  signal: AbortSignal
  progress: RunProgress
  rows?: number
}): Promise<ErrorTable> {
  const { tools, calibration, windows, seed, needed, signal, progress, rows = ROWS_PER_TENSOR } = input
  const path = tablePath(calibration.path, needed, seed)
  const kept = await readErrors(calibration.path, needed, seed)
  if (kept !== null) return kept
  const {
    source: { model },
    kernels,
    forward,
  } = tools
  const { statistics } = calibration
  const errors = await measureEncodeErrors(model, statistics, kernels, {
    types: TYPES,
    rowsPerTensor: rows,
    seed,
    signal,
    onProgress: (done, total) => progress.at((ENCODE_SHARE * done) / total, Math.min(done, model.layers.length) - 1),
  })
  const table = await predictDivergence(
    { forward, model, statistics, kernels, windows, errors },
    {
      ...(needed ? {} : { mostWork: 0 }),
      signal,
      onProgress: (done, total) => progress.at(ENCODE_SHARE + ((1 - ENCODE_SHARE) * done) / total),
    },
  )
  await keepJson(path, { version: VERSION, table })
  return table
}

function tablePath(calibrationPath: string, needed: boolean, seed: number): string {
  return `${calibrationPath}.${needed ? 'errors' : 'powers'}-${seed}.json`
}

/** The table kept beside a calibration; null when none was made yet, or by a version that measured otherwise. */
export async function readErrors(calibrationPath: string, needed: boolean, seed: number): Promise<ErrorTable | null> {
  const kept = TableFile.safeParse(await readKeptJson(tablePath(calibrationPath, needed, seed)))
  return kept.success ? kept.data.table : null
}
