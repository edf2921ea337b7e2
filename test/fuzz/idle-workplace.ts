import { openWorkplace, SOURCE_ROOT, type Workplace } from '../../src-main/hosts/workplace.ts'
import type { EngineExit, EngineHandle } from '../../src-main/jobs/messages.ts'

/** A service over a store of its own, whose engines end as soon as they are started: nothing is computed. */
export function openIdleWorkplace(folder: string): Workplace {
  return openWorkplace({
    host: { kind: 'web', missing: [], pickFolder: null, reveal: null },
    spawn: endsAtOnce,
    root: SOURCE_ROOT,
    work: folder,
  })
}

function endsAtOnce(): EngineHandle {
  const exit: EngineExit = { code: 1, signal: null, stderr: 'nothing is computed here' }
  return {
    send: () => {},
    onMessage: () => {},
    onExit: (listener) => {
      setImmediate(() => listener(exit))
    },
    close: () => {},
    kill: () => {},
  }
}
