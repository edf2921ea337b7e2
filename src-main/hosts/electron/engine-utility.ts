import { utilityProcess, type UtilityProcess } from 'electron'
import type { EngineHandle } from '../../jobs/messages.ts'
import { engineEnvironment } from './engine-environment.ts'

/** How much of what an engine prints is kept for a failure's details. */
const KEPT_OUTPUT = 4000

/** Starts the engine as one of Electron's utility processes. @param entry the built engine.js */
export function forkUtility(entry: string): EngineHandle {
  const child = utilityProcess.fork(entry, [], { serviceName: 'Whittle engine', stdio: 'pipe', env: engineEnvironment(process.env) })
  const output = keepTail(child)
  let pid: number | undefined
  let gone = false
  child.on('spawn', () => { pid = child.pid })
  child.on('exit', () => { gone = true })
  return {
    send: (message) => { if (!gone) child.postMessage(message) },
    onMessage: (listener) => { child.on('message', listener) },
    onExit: (listener) => { child.on('exit', (code) => listener({ ...exitOf(code), stderr: output() })) },
    // A utility process has no channel to close; it is asked to end.
    close: () => { child.kill() },
    kill: () => { if (!gone && pid !== undefined) process.kill(pid, 'SIGKILL') },
  }
}

const SIGNALS: Readonly<Record<number, string>> = { 4: 'SIGILL', 5: 'SIGTRAP', 6: 'SIGABRT', 7: 'SIGBUS', 8: 'SIGFPE', 9: 'SIGKILL', 11: 'SIGSEGV', 15: 'SIGTERM' }

/** Outside Windows, Electron gives what waitpid gave: a process ended by a signal has that signal's number as its low bits. */
function exitOf(code: number): { code: number | null; signal: string | null } {
  const signal = process.platform === 'win32' ? undefined : SIGNALS[code & 0x7f]
  return signal === undefined ? { code, signal: null } : { code: null, signal }
}

function keepTail(child: UtilityProcess): () => string {
  let tail = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (text: Buffer) => { tail = (tail + text.toString('utf8')).slice(-KEPT_OUTPUT) })
  }
  return () => tail
}
