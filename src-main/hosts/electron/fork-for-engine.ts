import { utilityProcess, type UtilityProcess } from 'electron'
import { isAbsolute, relative } from 'node:path'
import type { EngineAside, ForkNews } from './engine-messages.ts'

/** Processes that an engine asked for. */
export interface EngineForks {
  hear(aside: Exclude<EngineAside, { kind: 'goodbye' }>): void
  /** The engine is gone, and so is what it started. */
  end(): void
}

/**
 * Starts the processes an engine asks for and carries its messages to them.
 * @param root folder of package.json: only scripts of the app itself are started @param tell carries to the engine
 */
export function openForks(root: string, tell: (news: ForkNews) => void): EngineForks {
  const children = new Map<number, UtilityProcess>()
  const start = (child: number, script: string, environment: Record<string, string>): void => {
    if (!isInside(root, script)) return tell({ kind: 'fork-exit', child, code: 1 })
    const forked = utilityProcess.fork(script, [], { serviceName: 'Whittle test', stdio: 'ignore', env: environment })
    children.set(child, forked)
    forked.on('message', (message) => tell({ kind: 'fork-message', child, message }))
    forked.on('error', () => {}) // a fatal error of V8: 'exit' follows
    forked.on('exit', (code) => {
      children.delete(child)
      tell({ kind: 'fork-exit', child, code })
    })
  }
  return {
    hear(aside) {
      if (aside.kind === 'fork') start(aside.child, aside.script, aside.environment)
      else if (aside.kind === 'fork-send') children.get(aside.child)?.postMessage(aside.message)
      else children.get(aside.child)?.kill()
    },
    end() {
      for (const child of children.values()) child.kill()
      children.clear()
    },
  }
}

function isInside(root: string, script: string): boolean {
  const way = relative(root, script)
  return isAbsolute(script) && way !== '' && !way.startsWith('..') && !isAbsolute(way)
}
