/**
 * In a utility process `child_process.fork` would start the app itself: it runs `process.execPath`, which is Whittle, and a packed Whittle
 * does not run as Node. So here it asks the main process, which starts another utility process and carries the messages.
 * node-llama-cpp tests its binary that way, so that one that does not suit the machine cannot take the engine along.
 * Under plain Node (no parent port) everything stays as it is.
 */
import childProcess from 'node:child_process'
import { EventEmitter } from 'node:events'
import { syncBuiltinESMExports } from 'node:module'
import type { EngineAside, ForkNews } from './engine-messages.ts'

/** The part of Electron's `process.parentPort` used here. */
interface ParentPort {
  postMessage(message: EngineAside): void
  on(event: 'message', listener: (event: { data: ForkNews | { readonly kind: string } }) => void): unknown
}

/** As much of node's ChildProcess as one that only sends, listens and ends it needs. */
class ForkedThroughMain extends EventEmitter {
  readonly stdin = null
  readonly stdout = null
  readonly stderr = null
  exitCode: number | null = null
  killed = false
  readonly #tell: (aside: EngineAside) => void
  readonly #child: number

  constructor(child: number, tell: (aside: EngineAside) => void) {
    super()
    this.#child = child
    this.#tell = tell
  }

  send(message: unknown): boolean {
    if (this.exitCode === null) this.#tell({ kind: 'fork-send', child: this.#child, message })
    return this.exitCode === null
  }

  kill(): boolean {
    this.killed = true
    if (this.exitCode === null) this.#tell({ kind: 'fork-kill', child: this.#child })
    return true
  }

  hear(news: ForkNews): void {
    if (news.kind === 'fork-message') this.emit('message', news.message)
    else {
      this.exitCode = news.code
      this.emit('exit', news.code, null)
    }
  }
}

const parentPort = 'parentPort' in process ? (process.parentPort as ParentPort | undefined) : undefined

if (parentPort) {
  const children = new Map<number, ForkedThroughMain>()
  let last = 0
  const fork = (script: string | URL, words?: unknown, options?: { readonly env?: NodeJS.ProcessEnv }): ForkedThroughMain => {
    const { env = process.env } = (Array.isArray(words) ? options : (words as typeof options)) ?? {}
    const child = new ForkedThroughMain(++last, (aside) => parentPort.postMessage(aside))
    children.set(last, child)
    const environment = Object.fromEntries(Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])))
    parentPort.postMessage({ kind: 'fork', child: last, script: String(script), environment })
    return child
  }
  parentPort.on('message', ({ data }) => {
    if (data.kind !== 'fork-message' && data.kind !== 'fork-exit') return
    const news = data as ForkNews // our own parent's
    const child = children.get(news.child)
    if (news.kind === 'fork-exit') children.delete(news.child)
    child?.hear(news)
  })
  Object.assign(childProcess, { fork })
  syncBuiltinESMExports()
  process.on('exit', (code) => parentPort.postMessage({ kind: 'goodbye', code }))
}
