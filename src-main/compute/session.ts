import { availableParallelism } from 'node:os'
import { isMainThread } from 'node:worker_threads'
import * as ort from 'onnxruntime-node'
import { ExpectedError } from '../contract/errors.ts'
import { defineGraph } from './graph.ts'
import type { Graph } from './graph.ts'
import { DeviceTensor } from './tensor-handle.ts'
import type { DeviceId, HostTensor } from './tensor-handle.ts'

/** What a graph is fed with: numbers of this process, or a handle to numbers already on the session's device. */
export type Feed = HostTensor | DeviceTensor

/** Where and how wide to compute. `threads` 0 means one per available core. */
export interface ComputeOptions {
  readonly device: DeviceId
  readonly threads: number
}

// Every failure is thrown with its message; what the library prints besides would be the same again on stderr.
ort.env.logLevel = 'fatal'

type Residence = 'host' | 'device'

/** ONNX Runtime's tensors behind the handles; nobody outside this file can reach one, so nobody can read a GPU buffer in place. */
const behind = new WeakMap<DeviceTensor, ort.Tensor>()

/** Moves a tensor of `rank` dimensions between this process and the device: the only safe way there is. */
function identityGraph(rank: number): Graph {
  const dims = Array.from({ length: rank }, (_, axis) => `size${axis}`)
  return defineGraph(`identity-${rank}`, (g) => g.output('result', g.input('source', dims), dims))
}

/**
 * Running a graph blocks the thread, stopping a worker that runs one aborts the process, and two threads on WebGPU crash it.
 * So there is one place for it: the main thread of a process that serves nobody else.
 */
function assertEngineProcess(): void {
  if (!isMainThread) throw new Error('graphs run in a child process, never in a worker thread')
  const kind = (process as { type?: unknown }).type
  if (kind === 'browser' || kind === 'renderer') throw new Error('graphs run in a child process, never in the process that shows windows')
}

/** ONNX Runtime's reason for a failure of the device, as an error of the user's machine; anything else stays a bug. */
function translate(error: unknown, device: DeviceId): unknown {
  const said = error instanceof Error ? error.message : String(error)
  if (/allocate memory|out of memory|max buffer size|bad_alloc|Array buffer allocation failed/i.test(said)) {
    return new ExpectedError('out-of-memory', { device, said }, { cause: error })
  }
  if (/device (was )?lost/i.test(said)) return new ExpectedError('device-unavailable', { device, said }, { cause: error })
  return error
}

/** One device with the compiled graphs it has run so far. Close it in `finally`. */
export class ComputeSession {
  readonly device: DeviceId
  readonly threads: number
  /** Promises, so that whoever asks while a graph is compiled waits for the same session. */
  readonly #compiled = new Map<string, { graph: Graph; session: Promise<ort.InferenceSession> }>()
  #closed = false

  /** Use {@link openCompute}. */
  constructor(options: ComputeOptions) {
    assertEngineProcess()
    this.device = options.device
    this.threads = options.threads > 0 ? options.threads : availableParallelism()
  }

  /** Runs `graph`; every output comes back as a copy in this process's memory, so graphs keep their outputs small. */
  async run(graph: Graph, feeds: Readonly<Record<string, Feed>>): Promise<Record<string, HostTensor>> {
    const results = await this.#execute(graph, feeds, 'host')
    return Object.fromEntries(Object.entries(results).map(([name, tensor]) => [name, toHost(tensor)]))
  }

  /** Runs `graph` and leaves every output on the device. The caller disposes them. */
  async runOnDevice(graph: Graph, feeds: Readonly<Record<string, Feed>>): Promise<Record<string, DeviceTensor>> {
    const results = await this.#execute(graph, feeds, 'device')
    return Object.fromEntries(Object.entries(results).map(([name, tensor]) => [name, this.#handle(tensor)]))
  }

  /** Puts numbers on the device, to be fed many times. On the CPU they stay where they are and must not be changed meanwhile. */
  async upload(source: HostTensor): Promise<DeviceTensor> {
    if (this.device !== 'webgpu') return this.#handle(new ort.Tensor('float32', source.data, source.dims))
    const { result } = await this.runOnDevice(identityGraph(source.dims.length), { source })
    if (result === undefined) throw new Error('identity gave no result')
    return result
  }

  /** Brings the numbers of a handle back as a copy. */
  async download(source: DeviceTensor): Promise<HostTensor> {
    const { result } = await this.run(identityGraph(source.dims.length), { source })
    if (result === undefined) throw new Error('identity gave no result')
    return result
  }

  /** Frees every compiled graph. Handles still held must be disposed by their holders. */
  async close(): Promise<void> {
    this.#closed = true
    const compiled = [...this.#compiled.values()]
    this.#compiled.clear()
    for (const { session } of compiled)
      await session.then(
        (one) => one.release(),
        () => undefined,
      ) // what did not compile was told to whoever asked
  }

  async #execute(graph: Graph, feeds: Readonly<Record<string, Feed>>, residence: Residence): Promise<Record<string, ort.Tensor>> {
    const tensors: Record<string, ort.Tensor> = {}
    for (const { name } of graph.inputs) {
      const feed = feeds[name]
      if (feed === undefined) throw new Error(`graph ${graph.id} lacks its input ${name}`)
      tensors[name] = feed instanceof DeviceTensor ? this.#behind(feed) : new ort.Tensor('float32', feed.data, feed.dims)
    }
    const session = await this.#compile(graph, residence)
    try {
      return { ...((await session.run(tensors)) as Record<string, ort.Tensor>) }
    } catch (error) {
      throw translate(error, this.device)
    }
  }

  async #compile(graph: Graph, residence: Residence): Promise<ort.InferenceSession> {
    if (this.#closed) throw new Error('the session is closed')
    const key = `${residence}/${graph.id}`
    const known = this.#compiled.get(key)
    if (known !== undefined) {
      if (known.graph !== graph && Buffer.compare(known.graph.encode(), graph.encode()) !== 0)
        throw new Error(`two graphs are called ${graph.id}`)
      return known.session
    }
    const session = createSession(graph, this.device, this.threads, residence)
    this.#compiled.set(key, { graph, session })
    session.catch(() => this.#compiled.delete(key)) // to be tried again; the caller has the error
    return session
  }

  /** The tensor behind a handle. A handle of another device would be read as random memory, so it is refused. */
  #behind(handle: DeviceTensor): ort.Tensor {
    if (handle.device !== this.device) throw new Error(`a tensor on ${handle.device} was given to a session on ${this.device}`)
    const tensor = behind.get(handle)
    if (tensor === undefined || handle.disposed) throw new Error('the tensor is disposed')
    return tensor
  }

  #handle(tensor: ort.Tensor): DeviceTensor {
    const handle = new DeviceTensor(this.device, tensor.dims, () => {
      behind.delete(handle)
      if (tensor.location === 'gpu-buffer') tensor.dispose()
    })
    behind.set(handle, tensor)
    return handle
  }
}

function toHost(tensor: ort.Tensor): HostTensor {
  if (tensor.location !== 'cpu') throw new Error(`a result lies in ${tensor.location}`)
  if (!(tensor.data instanceof Float32Array)) throw new Error(`a result is ${tensor.type}, not float32`)
  return { data: tensor.data, dims: tensor.dims }
}

async function createSession(graph: Graph, device: DeviceId, threads: number, residence: Residence): Promise<ort.InferenceSession> {
  try {
    return await ort.InferenceSession.create(graph.encode(), {
      executionProviders: [device],
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      logSeverityLevel: 4,
      ...(residence === 'device' && device === 'webgpu' ? { preferredOutputLocation: 'gpu-buffer' as const } : {}),
      // Threads that spin while they wait cost twice the CPU time and gain 4 %.
      extra: { session: { intra_op: { allow_spinning: '0' } } },
    })
  } catch (error) {
    throw translate(error, device)
  }
}

/**
 * Opens `device`. Nothing is compiled yet, so a device that is not there shows at the first run: probe it first.
 * Throws a plain Error in a worker thread or in Electron's window processes, where graphs must not run.
 */
export function openCompute(options: ComputeOptions): ComputeSession {
  return new ComputeSession(options)
}

/** The version of ONNX Runtime, e.g. '1.30.0'. */
export const RUNTIME_VERSION: string = ort.env.versions.node ?? ort.env.versions.common

/** Devices this build of ONNX Runtime brings along, whether or not the machine has them. */
export function bundledDevices(): string[] {
  return ort.listSupportedBackends().map(({ name }) => name)
}
