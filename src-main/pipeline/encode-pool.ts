import { Worker } from 'node:worker_threads'
import type { Kernels } from '../kernels/kernels.ts'
import type { GgmlTypeName } from '../tensor/ggml-type.ts'

/** Rows to encode: (rows, columns) with one importance per column, or null. */
export interface EncodeRequest {
  readonly type: GgmlTypeName
  readonly weights: Float32Array
  readonly columns: number
  readonly importance: Float32Array | null
}

interface Lane {
  readonly worker: Worker
  /** Settles with the lane's last answer; requests queue behind it. */
  tail: Promise<unknown>
  waiting: number
}

/** Threads that encode in parallel. Results do not depend on the number of threads. Close it in `finally`. */
export class EncodePool {
  readonly size: number
  readonly #lanes: Lane[]

  constructor(kernels: Kernels, threads: number) {
    this.size = Math.max(1, threads)
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
    const script = new URL(`./encode-worker.${extension}`, import.meta.url)
    this.#lanes = Array.from({ length: this.size }, () => {
      return { worker: new Worker(script, { workerData: { kernels: kernels.name } }), tail: Promise.resolve(), waiting: 0 }
    })
  }

  /** Encodes on the least busy thread. The weights' buffer is handed over: the caller must not use it again. */
  encode(request: EncodeRequest): Promise<Uint8Array> {
    const lane = this.#lanes.reduce((best, next) => (next.waiting < best.waiting ? next : best))
    lane.waiting++
    const answer = lane.tail.then(() => ask(lane.worker, request)).finally(() => { lane.waiting-- })
    lane.tail = answer.catch(() => undefined)
    return answer
  }

  /** Stops the threads; what they were doing is dropped. */
  async close(): Promise<void> {
    await Promise.all(this.#lanes.map((lane) => lane.worker.terminate()))
  }
}

function ask(worker: Worker, request: EncodeRequest): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      worker.off('message', answered)
      worker.off('error', failed)
      worker.off('exit', ended)
    }
    const answered = (bytes: Uint8Array): void => { settle(); resolve(bytes) }
    const failed = (error: unknown): void => { settle(); reject(error instanceof Error ? error : new Error(String(error))) }
    const ended = (): void => { settle(); reject(new Error('the encoding thread ended')) }
    worker.on('message', answered)
    worker.on('error', failed)
    worker.on('exit', ended)
    worker.postMessage(request, [request.weights.buffer as ArrayBuffer])
  })
}
