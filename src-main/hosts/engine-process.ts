import { fork, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { EngineExit, EngineHandle } from '../jobs/messages.ts'

/** How much of what an engine prints is kept for a failure's details. */
const KEPT_OUTPUT = 4000

const ENGINE = fileURLToPath(new URL('../jobs/engine.ts', import.meta.url))

/** Starts the engine as a plain node process: for the CLI and the page host. What it prints is kept off our own output. */
export function forkEngine(entry: string = ENGINE): EngineHandle {
  const child = fork(entry, [], { execArgv: [], stdio: ['ignore', 'pipe', 'pipe', 'ipc'], serialization: 'advanced' })
  const output = keepTail(child)
  return {
    // A process that is gone hears nothing; onExit tells.
    send: (message) => {
      if (child.connected) child.send(message, () => {})
    },
    onMessage: (listener) => {
      child.on('message', listener)
    },
    onExit: (listener) => onceOver(child, (exit) => listener({ ...exit, stderr: output() })),
    close: () => {
      if (child.connected) child.disconnect()
    },
    kill: () => {
      child.kill('SIGKILL')
    },
  }
}

function keepTail(child: ChildProcess): () => string {
  let tail = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      tail = (tail + text).slice(-KEPT_OUTPUT)
    })
  }
  return () => tail
}

/** The process has ended and its last messages have been read: 'exit' alone may come before them. */
function onceOver(child: ChildProcess, listener: (exit: Omit<EngineExit, 'stderr'>) => void): void {
  let exit: Omit<EngineExit, 'stderr'> | null = null
  let told = false
  const check = (): void => {
    if (told || exit === null || child.connected) return
    told = true
    listener(exit)
  }
  child.on('exit', (code, signal) => {
    exit = { code, signal }
    check()
  })
  child.on('disconnect', check)
  child.on('error', (error) => {
    if (child.pid !== undefined || told) return
    told = true
    listener({ code: null, signal: error.message })
  })
}
