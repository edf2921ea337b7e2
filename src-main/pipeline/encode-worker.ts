/** A worker thread that encodes rows: one message in, one message out, in order. */
import { parentPort, workerData } from 'node:worker_threads'
import { keepGain } from '../kernels/keep-gain.ts'
import { loadKernels } from '../kernels/load.ts'
import type { EncodeRequest } from './encode-pool.ts'

const port = parentPort
if (port === null) throw new Error('encode-worker.ts is a worker thread')
const kernels = keepGain(loadKernels().kernels)
const expected: unknown = (workerData as { kernels?: unknown }).kernels
if (kernels.name !== expected) throw new Error(`this thread has ${kernels.name} kernels, the engine ${String(expected)}`)

port.on('message', (request: EncodeRequest) => {
  const bytes = kernels.encode(request.type, request.weights, request.columns, request.importance)
  port.postMessage(bytes, [bytes.buffer as ArrayBuffer])
})
