/** A worker thread that encodes rows: one message in, one message out, in order. */
import { parentPort, workerData } from 'node:worker_threads'
import { isFeedbackType } from '../kernels/gptq/gptq.ts'
import { keepGain } from '../kernels/keep-gain.ts'
import { hessianFactor } from '../kernels/linear-algebra/hessian-factor.ts'
import { loadKernels } from '../kernels/load.ts'
import type { EncodeRequest } from './encode-pool.ts'

const port = parentPort
if (port === null) throw new Error('encode-worker.ts is a worker thread')
const kernels = keepGain(loadKernels().kernels)
const expected: unknown = (workerData as { kernels?: unknown }).kernels
if (kernels.name !== expected) throw new Error(`this thread has ${kernels.name} kernels, the engine ${String(expected)}`)

port.on('message', (request: EncodeRequest) => {
  const bytes = encode(request)
  port.postMessage(bytes, [bytes.buffer as ArrayBuffer])
})

function encode({ type, weights, columns, importance, feedback }: EncodeRequest): Uint8Array {
  const factor = feedback === undefined ? null : factorOf(feedback, columns)
  return factor === null || !isFeedbackType(type)
    ? kernels.encode(type, weights, columns, importance)
    : kernels.gptq.encodeWithFeedback(type, weights, columns, factor, importance)
}

/** GPTQ's share of the mean diagonal. */
const DAMPING = 0.01

/** The factor made last: pieces of one matrix come one after another, and gate and up share theirs. */
let last: { key: string; factor: Float64Array | null } | null = null

/** Null for inputs that say nothing: then weights are rounded to the nearest. */
function factorOf({ key, moment }: NonNullable<EncodeRequest['feedback']>, columns: number): Float64Array | null {
  if (last?.key !== key) last = { key, factor: hessianFactor(kernels.algebra, moment, columns, DAMPING) }
  return last.factor
}
