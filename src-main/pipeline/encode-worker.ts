/** A worker thread that rounds weights: one message in, one message out, in order. */
import { parentPort, workerData } from 'node:worker_threads'
import { encodeBlocks, feedbackFactor } from '../calibration/rounding-jobs.ts'
import { keepGain } from '../kernels/keep-gain.ts'
import { loadKernels } from '../kernels/load.ts'
import type { PoolJobs, PoolMessage } from './encode-pool.ts'

const port = parentPort
if (port === null) throw new Error('encode-worker.ts is a worker thread')
const kernels = keepGain(loadKernels().kernels)
const expected: unknown = (workerData as { kernels?: unknown }).kernels
if (kernels.name !== expected) throw new Error(`this thread has ${kernels.name} kernels, the engine ${String(expected)}`)

port.on('message', (message: PoolMessage) => {
  const answer = answerTo(message)
  port.postMessage(answer, buffersOf(answer))
})

function answerTo({ kind, request }: PoolMessage): PoolJobs[keyof PoolJobs]['answer'] {
  switch (kind) {
    case 'factor':
      return factorInto(request)
    case 'quantize':
      return kernels.gptq.quantizeGroups(request)
    case 'encode':
      return encodeBlocks(kernels, request)
  }
}

function factorInto({ moment, columns, into }: PoolJobs['factor']['request']): boolean {
  const found = feedbackFactor(kernels, moment, columns)
  if (found !== null) into.set(found)
  return found !== null
}

/** The memory an answer hands over. */
function buffersOf(answer: ReturnType<typeof answerTo>): ArrayBuffer[] {
  if (typeof answer === 'boolean') return []
  const arrays = answer instanceof Uint8Array ? [answer] : [answer.codes, answer.scales, answer.zeros]
  return arrays.map(({ buffer }) => buffer as ArrayBuffer) // made above, by the kernels
}
