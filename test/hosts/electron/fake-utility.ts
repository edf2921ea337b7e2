import { fork, type ChildProcess } from 'node:child_process'
import { EventEmitter } from 'node:events'
import { constants } from 'node:os'
import { fileURLToPath } from 'node:url'
import { vi } from 'vitest'

const CHILD = fileURLToPath(new URL('utility-child.mjs', import.meta.url))

/**
 * A utility process that is a real child process underneath, so that an engine can be killed for real. Seen in Electron itself: `exit`
 * tells a code and a signal's number alike; one of twelve killed processes tells 0, and so does one ended by `kill()`; V8's fatal errors
 * come as an `error` event, which no listener means the end of the main process.
 */
export class FakeUtility extends EventEmitter {
  static readonly all: FakeUtility[] = []
  /** Whether the next ends by signals are told as 0. */
  static tellsNothing = false
  readonly script: string
  readonly child: ChildProcess
  #asked = false

  constructor(script: string, env: Record<string, string> | undefined) {
    super()
    this.script = script
    FakeUtility.all.push(this)
    this.child = fork(script, [], {
      env: env ?? process.env,
      execArgv: ['--import', CHILD],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      serialization: 'advanced',
    })
    this.child.on('spawn', () => this.emit('spawn'))
    this.child.on('message', (message) => this.emit('message', message))
    this.child.on('exit', (code, signal) => setImmediate(() => this.emit('exit', this.#asked ? 0 : (code ?? this.#told(signal)))))
  }

  get pid() {
    return this.child.exitCode === null && this.child.signalCode === null ? this.child.pid : undefined
  }
  get stdout() {
    return this.child.stdout
  }
  get stderr() {
    return this.child.stderr
  }
  postMessage(message: object) {
    this.child.send(message)
  }

  kill() {
    this.#asked = true
    return this.child.kill('SIGTERM')
  }

  #told(signal: NodeJS.Signals | null): number {
    return FakeUtility.tellsNothing || signal === null ? 0 : constants.signals[signal]
  }
}

export const utilityProcess = {
  fork: vi.fn((script: string, _words: string[], { env }: { env?: Record<string, string> } = {}) => new FakeUtility(script, env)),
}
