import { utilityProcess, type UtilityProcess } from 'electron'
import { join } from 'node:path'
import type { EngineExit, EngineHandle } from '../../jobs/messages.ts'
import { engineEnvironment } from './engine-environment.ts'
import { EngineAside } from './engine-messages.ts'
import { openForks } from './fork-for-engine.ts'

/** How much of what an engine prints is kept for a failure's details. */
const KEPT_OUTPUT = 4000

/** Starts the engine as one of Electron's utility processes. @param root folder of package.json */
export function forkUtility(root: string): EngineHandle {
  const child = utilityProcess.fork(join(root, 'out', 'main', 'engine.js'), [], {
    serviceName: 'Whittle engine',
    stdio: 'pipe',
    env: engineEnvironment(process.env),
  })
  const output = keepTail(child)
  let pid: number | undefined
  let gone = false
  let goodbye: number | null = null
  let fatal = ''
  const forks = openForks(root, (news) => {
    if (!gone) child.postMessage(news)
  })
  child.on('spawn', () => {
    pid = child.pid
  })
  // V8 gives up, of memory most often. Without a listener this event would end the main process; 'exit' follows.
  child.on('error', (type, location) => {
    fatal = `${type}: ${location}\n`
  })
  child.on('exit', () => {
    gone = true
    forks.end()
  })
  return {
    send: (message) => {
      if (!gone) child.postMessage(message)
    },
    onMessage(listener) {
      child.on('message', (message) => {
        const aside = EngineAside.safeParse(message)
        if (!aside.success) listener(message)
        else if (aside.data.kind === 'goodbye') goodbye = aside.data.code
        else forks.hear(aside.data)
      })
    },
    onExit: (listener) => {
      child.on('exit', (code) => listener({ ...exitOf(code, goodbye), stderr: fatal + output() }))
    },
    // A utility process outlives an empty event loop and has no channel to close: it is asked to end.
    close: () => {
      child.kill()
    },
    kill: () => {
      if (!gone && pid !== undefined) process.kill(pid, 'SIGKILL')
    },
  }
}

const SIGNALS: Readonly<Record<number, string>> = {
  4: 'SIGILL',
  5: 'SIGTRAP',
  6: 'SIGABRT',
  7: 'SIGBUS',
  8: 'SIGFPE',
  9: 'SIGKILL',
  11: 'SIGSEGV',
  15: 'SIGTERM',
}

/**
 * How a utility process ended. One that ended by itself said so before. Of the others Electron gives, outside Windows, what waitpid gave,
 * the signal's number in its low bits; in about one of twelve cases it gives 0, which says nothing.
 */
function exitOf(code: number, goodbye: number | null): Omit<EngineExit, 'stderr'> {
  if (goodbye !== null) return { code: goodbye, signal: null }
  if (code === 0) return { code: null, signal: null }
  const signal = process.platform === 'win32' ? undefined : SIGNALS[code & 0x7f]
  return signal === undefined ? { code, signal: null } : { code: null, signal }
}

function keepTail(child: UtilityProcess): () => string {
  let tail = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (text: Buffer) => {
      tail = (tail + text.toString('utf8')).slice(-KEPT_OUTPUT)
    })
  }
  return () => tail
}
