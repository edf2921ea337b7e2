import { Worker } from 'node:worker_threads'
import type { Kernels } from '../kernels/kernels.ts'
import type { GgmlTypeName } from '../tensor/ggml-type.ts'

/** Rows to encode: (rows, columns) with one importance per column, or null. */
export interface EncodeRequest {
  readonly type: GgmlTypeName
  readonly weights: Float32Array
  readonly columns: number
  readonly importance: Float32Array | null
  /** Mean x x^T of the matrix's inputs, (columns, columns), to round with error feedback; equal keys mean equal moments. */
  readonly feedback?: { readonly key: string; readonly moment: Float32Array }
}

interface Lane {
  readonly worker: Worker
  /** Settles with the lane's last answer; requests queue behind it. */
  tail: Promise<unknown>
  waiting: number
  /** Why the thread is gone, once it is: whoever asks it afterwards would wait forever. */
  failure: Error | null
}

/**
 * Threads that encode in parallel, started when there is work for them. Results do not depend on the number of threads.
 * Close it in `finally`.
 */
export class EncodePool {
  /** Most threads. */
  readonly size: number
  readonly #kernels: Kernels['name']
  readonly #lanes: Lane[] = []
  #closed = false

  constructor(kernels: Kernels, threads: number) {
    this.size = Math.max(1, threads)
    this.#kernels = kernels.name
  }

  /** Encodes on the least busy thread. The weights' buffer is handed over: the caller must not use it again. */
  encode(request: EncodeRequest): Promise<Uint8Array> {
    if (this.#closed) return Promise.reject(new Error('the encoding thread ended'))
    const lane = this.#leastBusy()
    lane.waiting++
    const answer = lane.tail.then(() => ask(lane, request)).finally(() => { lane.waiting-- })
    lane.tail = answer.catch(() => undefined)
    return answer
  }

  /** Stops the threads; what they were doing is dropped. */
  async close(): Promise<void> {
    this.#closed = true
    await Promise.all(this.#lanes.map((lane) => lane.worker.terminate()))
  }

  #leastBusy(): Lane {
    const idle = this.#lanes.find((lane) => lane.waiting === 0)
    if (idle !== undefined) return idle
    if (this.#lanes.length < this.size) {
      const lane = openLane(this.#kernels)
      this.#lanes.push(lane)
      return lane
    }
    return this.#lanes.reduce((best, next) => (next.waiting < best.waiting ? next : best))
  }
}

function openLane(kernels: Kernels['name']): Lane {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  const worker = new Worker(new URL(`./encode-worker.${extension}`, import.meta.url), { workerData: { kernels } })
  const lane: Lane = { worker, tail: Promise.resolve(), waiting: 0, failure: null }
  worker.on('error', (error) => { lane.failure ??= asError(error) })
  worker.on('exit', () => { lane.failure ??= new Error('the encoding thread ended') })
  return lane
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}

function ask({ worker, failure }: Lane, request: EncodeRequest): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    if (failure !== null) return reject(failure)
    const settle = (): void => {
      worker.off('message', answered)
      worker.off('error', failed)
      worker.off('exit', ended)
    }
    const answered = (bytes: Uint8Array): void => { settle(); resolve(bytes) }
    const failed = (error: unknown): void => { settle(); reject(asError(error)) }
    const ended = (): void => { settle(); reject(new Error('the encoding thread ended')) }
    worker.on('message', answered)
    worker.on('error', failed)
    worker.on('exit', ended)
    worker.postMessage(request, [request.weights.buffer as ArrayBuffer])
  })
}
