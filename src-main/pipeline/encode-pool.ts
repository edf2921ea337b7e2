import { Worker } from 'node:worker_threads'
import type { BlockInput, RoundingJobs } from '../calibration/rounding-jobs.ts'
import type { GroupCodes, GroupInput } from '../kernels/gptq/gptq.ts'
import type { Kernels } from '../kernels/kernels.ts'

/** What the threads are asked, and what they answer. */
export interface PoolJobs {
  /** `into`, which all threads share, takes the factor; the answer says whether there is one. */
  readonly factor: {
    readonly request: { readonly moment: Float32Array; readonly columns: number; readonly into: Float64Array }
    readonly answer: boolean
  }
  readonly quantize: { readonly request: GroupInput; readonly answer: GroupCodes }
  readonly encode: { readonly request: BlockInput; readonly answer: Uint8Array }
}

/** A message to a thread. */
export type PoolMessage = { [K in keyof PoolJobs]: { readonly kind: K; readonly request: PoolJobs[K]['request'] } }[keyof PoolJobs]

interface Lane {
  readonly worker: Worker
  /** Settles with the lane's last answer; requests queue behind it. */
  tail: Promise<unknown>
  waiting: number
  /** Why the thread is gone, once it is: whoever asks it afterwards would wait forever. */
  failure: Error | null
}

/**
 * Threads that round weights in parallel, started when there is work for them. Results do not depend on the number of threads.
 * Close it in `finally`.
 */
export class EncodePool implements RoundingJobs {
  /** Most threads. */
  readonly threads: number
  readonly #kernels: Kernels['name']
  readonly #signal: AbortSignal | undefined
  readonly #lanes: Lane[] = []
  /** Shared memory no request uses any more. */
  readonly #spare: Float64Array[] = []
  #closed = false
  #unfactored = 0

  /** @param signal drops, once aborted, what no thread has begun */
  constructor(kernels: Kernels, threads: number, signal?: AbortSignal) {
    this.threads = Math.max(1, threads)
    this.#kernels = kernels.name
    this.#signal = signal
  }

  /** How often inputs gave no factor: their matrices are rounded to the nearest, whatever the plan says. */
  get unfactored(): number {
    return this.#unfactored
  }

  async factor(moment: Float32Array, columns: number): Promise<Float64Array | null> {
    const found = this.#spare.findIndex(({ length }) => length === columns * columns)
    const [into = new Float64Array(new SharedArrayBuffer(columns * columns * Float64Array.BYTES_PER_ELEMENT))] =
      found < 0 ? [] : this.#spare.splice(found, 1)
    if (await this.#run('factor', { moment, columns, into })) return into
    this.#spare.push(into)
    this.#unfactored++
    return null
  }

  release(factor: Float64Array): void {
    if (this.#spare.includes(factor)) throw new Error('the factor was released before')
    this.#spare.push(factor)
  }

  quantize(input: GroupInput): Promise<GroupCodes> {
    return this.#run('quantize', { ...input, weights: alone(input.weights) })
  }

  encode(input: BlockInput): Promise<Uint8Array> {
    return this.#run('encode', { ...input, weights: alone(input.weights) })
  }

  /** Stops the threads; what they were doing is dropped. */
  async close(): Promise<void> {
    this.#closed = true
    await Promise.all(this.#lanes.map((lane) => lane.worker.terminate()))
  }

  /** Runs a request on the least busy thread. */
  #run<K extends keyof PoolJobs>(kind: K, request: PoolJobs[K]['request']): Promise<PoolJobs[K]['answer']> {
    if (this.#closed) return Promise.reject(new Error('the encoding thread ended'))
    const lane = this.#leastBusy()
    lane.waiting++
    const answer = lane.tail
      .then(() => {
        this.#signal?.throwIfAborted()
        return ask(lane, kind, request)
      })
      .finally(() => {
        lane.waiting--
      })
    lane.tail = answer.catch(() => undefined)
    return answer
  }

  #leastBusy(): Lane {
    const idle = this.#lanes.find((lane) => lane.waiting === 0)
    if (idle !== undefined) return idle
    if (this.#lanes.length < this.threads) {
      const lane = openLane(this.#kernels)
      this.#lanes.push(lane)
      return lane
    }
    return this.#lanes.reduce((best, next) => (next.waiting < best.waiting ? next : best))
  }
}

/** The same numbers in a buffer of their own: a message carries the whole buffer. */
function alone(values: Float32Array): Float32Array {
  return values.byteLength === values.buffer.byteLength ? values : values.slice()
}

function openLane(kernels: Kernels['name']): Lane {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  const worker = new Worker(new URL(`./encode-worker.${extension}`, import.meta.url), { workerData: { kernels } })
  const lane: Lane = { worker, tail: Promise.resolve(), waiting: 0, failure: null }
  worker.on('error', (error) => {
    lane.failure ??= asError(error)
  })
  worker.on('exit', () => {
    lane.failure ??= new Error('the encoding thread ended')
  })
  return lane
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}

function ask<K extends keyof PoolJobs>(
  { worker, failure }: Lane,
  kind: K,
  request: PoolJobs[K]['request'],
): Promise<PoolJobs[K]['answer']> {
  return new Promise((resolve, reject) => {
    if (failure !== null) return reject(failure)
    const settle = (): void => {
      worker.off('message', answered)
      worker.off('error', failed)
      worker.off('exit', ended)
    }
    const answered = (answer: PoolJobs[K]['answer']): void => {
      settle()
      resolve(answer)
    }
    const failed = (error: unknown): void => {
      settle()
      reject(asError(error))
    }
    const ended = (): void => {
      settle()
      reject(new Error('the encoding thread ended'))
    }
    worker.on('message', answered)
    worker.on('error', failed)
    worker.on('exit', ended)
    worker.postMessage({ kind, request })
  })
}
