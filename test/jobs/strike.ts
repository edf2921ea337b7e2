/**
 * Loaded before the engine's own code (node --import), with a {@link Strike} as JSON in WHITTLE_TEST_STRIKE: lets something happen to a run
 * at one of its moments. A moment is something the engine is about to tell, or a change it is about to make to the file system beneath
 * `watch`; moments are counted in each stage, so that equal runs have equal ones. Other processes load this as well and do nothing.
 */
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { sep } from 'node:path'
import { isMainThread } from 'node:worker_threads'

/** What happens: to processes, to what lies at a path, or to every change beneath a folder from then on. */
export type Act =
  | { do: 'kill'; who: 'engine' | 'command' | 'tree' }
  | { do: 'remove'; path: string }
  | { do: 'rename'; path: string; to: string }
  /** The engine stands still until there is a file at `path`. */
  | { do: 'wait'; path: string }
  /** The engine works on, and nothing it tells is heard. */
  | { do: 'mute' }
  /**
   * ENOSPC: nothing grows any more, and of the first bytes refused half still fit. EROFS: nothing changes any more. EACCES: no name changes
   * any more.
   */
  | { do: 'refuse'; code: 'ENOSPC' | 'EROFS' | 'EACCES'; under: string }

/** When something happens, and what. */
export interface Strike {
  /** Changes beneath these folders are moments. */
  readonly watch: readonly string[]
  /** Each moment is written here, a line `<stage> <what>`. */
  readonly record?: string
  readonly at?: readonly Blow[]
}

/**
 * What happens just before a moment of a stage: its number, counted from 0, or what its words match and how many such come before (left out
 * = none).
 */
export interface Blow {
  readonly stage: string
  readonly moment: number | string
  readonly after?: number
  readonly act: Act
}

const text = process.env['WHITTLE_TEST_STRIKE']
const isEngine = isMainThread && process.send !== undefined && /[\\/]jobs[\\/]engine\.ts$/.test(process.argv[1] ?? '')
if (text !== undefined && isEngine) arm(JSON.parse(text) as Strike) // written by real-run.ts

/** What a change does: it makes something grow, it changes a name, or it changes what is open already. */
type Change = 'grow' | 'name' | 'open'

function arm({ watch, record, at }: Strike): void {
  const plain = { rmSync: fs.rmSync, renameSync: fs.renameSync, appendFileSync: fs.appendFileSync }
  const counts = new Map<string, number>()
  let stage = 'open'
  let refused: Extract<Act, { do: 'refuse' }> | null = null
  let wasTorn = false
  let isMute = false
  const waiting = (at ?? []).map((blow) => ({ ...blow, left: blow.after ?? 0 }))

  const happen = (act: Act): void => {
    switch (act.do) {
      case 'remove':
        return plain.rmSync(act.path, { recursive: true })
      case 'rename':
        return plain.renameSync(act.path, act.to)
      case 'wait':
        while (!fs.existsSync(act.path)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20)
        return
      case 'mute':
        isMute = true
        return
      case 'refuse':
        refused = act
        return
      case 'kill':
        if (act.who !== 'engine') process.kill(process.ppid, 'SIGKILL')
        if (act.who !== 'command') process.kill(process.pid, 'SIGKILL')
    }
  }
  const pass = (what: string): void => {
    if (record !== undefined) plain.appendFileSync(record, `${stage} ${what}\n`)
    const count = counts.get(stage) ?? 0
    counts.set(stage, count + 1)
    for (const blow of waiting) {
      const isNow = typeof blow.moment === 'number' ? blow.moment === count : new RegExp(blow.moment).test(what)
      if (blow.stage === stage && isNow && blow.left-- === 0) happen(blow.act)
    }
  }
  const isUnder = (folder: string, path: string): boolean => path === folder || path.startsWith(folder + sep)
  const refusal = (change: Change, path: string): Error | null => {
    if (refused === null || !isUnder(refused.under, path)) return null
    const isRefused = refused.code === 'EROFS' || (refused.code === 'ENOSPC' ? change === 'grow' : change === 'name')
    return isRefused ? Object.assign(new Error(`${refused.code}: made up, '${path}'`), { code: refused.code, path }) : null
  }
  /** The moment before a change; throws where it is refused. */
  const before = (what: string, change: Change, path: string): void => {
    if (watch.some((folder) => isUnder(folder, path))) pass(`${what} ${path}`)
    const error = refusal(change, path)
    if (error !== null) throw error
  }

  watchWords((message) => {
    const { event } = message
    if (event?.kind === 'stage' && event.state !== 'finished' && event.stage !== undefined) stage = event.stage
    if (message.kind !== 'heartbeat') pass(`tells ${event?.kind ?? message.kind}`)
    return !isMute
  })
  watchNames(
    before,
    watchHandles(before, (path) => {
      const isFirst = !wasTorn && refused?.code === 'ENOSPC' && isUnder(refused.under, path)
      wasTorn ||= isFirst
      return isFirst
    }),
  )
  syncBuiltinESMExports()
}

/** What the engine tells its parent. Heartbeats come by the clock and are no moments. */
interface Word {
  readonly kind: string
  readonly event?: { readonly kind: string; readonly stage?: string; readonly state?: string }
}

/** @param before called with each word; tells whether it is sent */
function watchWords(before: (word: Word) => boolean): void {
  const send = process.send?.bind(process)
  if (send === undefined) return
  process.send = (word: Word) => !before(word) || send(word)
}

type Before = (what: string, change: Change, path: string) => void

/** Functions that change names, and `open`. */
function watchNames(before: Before, watchKind: (kind: object) => void): void {
  const { promises } = fs
  const { open, mkdir } = promises
  const byName = { rename: promises.rename, rm: promises.rm, rmdir: promises.rmdir, unlink: promises.unlink }
  for (const [name, act] of Object.entries(byName) as [keyof typeof byName, (path: string, ...rest: unknown[]) => Promise<void>][]) {
    promises[name] = (async (path: string, ...rest: unknown[]) => {
      before(name, 'name', path)
      return act(path, ...rest)
    }) as never
  }
  promises.mkdir = (async (path: string, ...rest: unknown[]) => {
    if (!fs.existsSync(path)) before('mkdir', 'grow', path)
    return (mkdir as (...all: unknown[]) => Promise<unknown>)(path, ...rest)
  }) as typeof mkdir
  promises.open = async (path, flags, mode) => {
    if (flags !== undefined && flags !== 'r') before('open', fs.existsSync(String(path)) ? 'open' : 'name', String(path))
    const handle = await open(path, flags, mode)
    paths.set(handle, String(path))
    watchKind(Object.getPrototypeOf(handle) as object)
    return handle
  }
}

const paths = new WeakMap<object, string>()

type Method = (...all: unknown[]) => Promise<unknown>

/** Writing to what is open, by the one prototype that all of it has. @param tears whether half of the bytes still fit */
function watchHandles(before: Before, tears: (path: string) => boolean): (kind: object) => void {
  const known = new WeakSet<object>()
  return (kind) => {
    if (known.has(kind)) return
    known.add(kind)
    const { write, writeFile, truncate, sync } = kind as { write: Method; writeFile: Method; truncate: Method; sync: Method }
    const watched = (what: string, change: Change, act: Method): Method =>
      async function (this: object, ...rest) {
        before(what, change, paths.get(this) ?? '')
        return act.apply(this, rest)
      }
    const writeAll = watched('write', 'grow', write)
    Object.assign(kind, {
      write(this: object, bytes: Uint8Array, from: number, count: number, position: number) {
        if (count > 1 && tears(paths.get(this) ?? '')) return write.call(this, bytes, from, count >> 1, position)
        return writeAll.call(this, bytes, from, count, position)
      },
      writeFile: watched('write', 'grow', writeFile),
      truncate: watched('truncate', 'open', truncate),
      sync: watched('sync', 'open', sync),
    })
  }
}
