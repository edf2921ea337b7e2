import type { UpdateState } from '../../contract/calls.ts'
import { ExpectedError } from '../../contract/errors.ts'
import type { Settings } from '../../contract/settings.ts'
import type { HostUpdates } from '../../service/dependencies.ts'
import type { HostWords } from './words.ts'

/** The part of electron-updater used here. */
export interface Updater {
  autoDownload: boolean
  autoInstallOnAppQuit: boolean
  checkForUpdates(): Promise<{
    readonly isUpdateAvailable: boolean
    readonly updateInfo: { readonly version: string; readonly releaseNotes?: unknown }
  } | null>
  downloadUpdate(): Promise<unknown>
  on(event: 'error', listener: (error: Error) => void): unknown
}

export interface UpdatesParts {
  /** Why this copy of the app can't be replaced, as a key for words; null when it can. */
  readonly obstacle: UpdateObstacle | null
  mode(): Settings['updates']
  words(): HostWords
  /** The run at work, or null. */
  working(): string | null
  /** Loads electron-updater: only when something is to be asked for. */
  load(): Promise<Updater>
  /** A newer version is there and nobody has been told of it. */
  onAvailable(version: string): void
  log(text: string): void
}

export type UpdateObstacle = 'updateNoFeed' | 'updateFromSource' | 'updatePortable' | 'updatePackage'

/** After the start, so that it is not in the way of the first page; then once a day. */
const FIRST_LOOK_MS = 10_000
const NEXT_LOOK_MS = 24 * 3600 * 1000

/** Longest notes shown. */
const MAX_NOTES = 20_000

/** Looks for newer versions as far as the settings allow. */
export interface Updates extends HostUpdates {
  /** Looks from time to time. */
  start(): void
  /** The settings or the work have changed: what was put off may be due, what was allowed may be no more. */
  reconsider(): void
  stop(): void
}

const state = (name: UpdateState['state'], some: Partial<UpdateState> = {}): UpdateState => ({
  state: name,
  version: null,
  notes: null,
  reason: null,
  ...some,
})

/** @param obstacle known at the start, as nothing but a new start changes it */
export function openUpdates(parts: UpdatesParts): Updates {
  const { obstacle, mode, words, working, log } = parts
  const progress = openProgress(log)
  const { alone } = progress
  let updater: Updater | null = null
  let told = ''
  const timers: NodeJS.Timeout[] = []

  const load = async (): Promise<Updater> => {
    if (updater !== null) return updater
    updater = await parts.load()
    updater.autoDownload = false // when is decided here
    updater.on('error', (error) => log(`updates: ${error.message}`)) // its promises fail too; an event without a listener would end the app
    return updater
  }
  const allowed = (): UpdateState | null => {
    if (obstacle !== null) return state('unsupported', { reason: words()[obstacle] })
    return mode() === 'off' ? state('off') : null
  }
  const download = (): Promise<UpdateState> =>
    alone('downloading', async (found) => {
      const loaded = await load()
      await loaded.downloadUpdate()
      if (mode() === 'off') return state('off')
      loaded.autoInstallOnAppQuit = true
      return { ...found, state: 'ready' }
    })
  const look = (): Promise<UpdateState> =>
    alone('checking', async () => {
      const loaded = await load()
      loaded.autoInstallOnAppQuit = false
      const answer = await loaded.checkForUpdates()
      if (answer === null || !answer.isUpdateAvailable) return state('current')
      const { version, releaseNotes } = answer.updateInfo
      return state('available', { version, notes: typeof releaseNotes === 'string' ? releaseNotes.slice(0, MAX_NOTES) : null })
    })
  const check = async (): Promise<UpdateState> => {
    const refusal = allowed()
    if (refusal !== null) return refusal
    // A download may take long: how it stands is told at once, what came of it when it is asked again.
    if (progress.known().state === 'downloading' || progress.known().state === 'ready') return progress.known()
    const found = await look()
    if (found.state !== 'available' || found.version === null) return found
    if (mode() === 'auto' && working() === null) void download()
    if (mode() === 'notify' && told !== found.version) parts.onAvailable((told = found.version))
    return progress.known()
  }
  const lookNow = (): void => {
    check().catch((error: unknown) => log(`updates: ${String(error)}`))
  }
  return {
    check,
    async install() {
      const refusal = allowed()
      if (refusal !== null) return refusal
      const runId = working()
      if (runId !== null) throw new ExpectedError('run-busy', { runId, state: 'running' })
      const { state: now, version } = progress.known()
      return now === 'available' || (now === 'failed' && version !== null) ? download() : (progress.busy() ?? progress.known())
    },
    start() {
      timers.push(setTimeout(lookNow, FIRST_LOOK_MS).unref(), setInterval(lookNow, NEXT_LOOK_MS).unref())
    },
    reconsider() {
      if (allowed() !== null) {
        if (updater !== null) updater.autoInstallOnAppQuit = false
        progress.forget()
      } else if (mode() === 'auto' && progress.known().state === 'available' && working() === null) void download()
    },
    stop: () => {
      for (const timer of timers) clearTimeout(timer)
    },
  }
}

/** What is known and what is being done about it. */
interface Progress {
  known(): UpdateState
  /** What is under way; null when nothing is. */
  busy(): Promise<UpdateState> | null
  /** Does one thing at a time; who asks meanwhile gets its outcome. `act` is told what was known before. */
  alone(name: UpdateState['state'], act: (before: UpdateState) => Promise<UpdateState>): Promise<UpdateState>
  forget(): void
}

function openProgress(log: (text: string) => void): Progress {
  let known: UpdateState = state('current')
  let at: Promise<UpdateState> | null = null
  const fail = (error: unknown): UpdateState => {
    const reason = (error instanceof Error ? error.message : String(error)).split('\n', 1)[0] ?? ''
    log(`updates: ${reason}`)
    return { ...known, state: 'failed', reason }
  }
  return {
    known: () => known,
    busy: () => at,
    alone(name, act) {
      if (at !== null) return at
      const before = known
      known = { ...known, state: name, reason: null }
      at = act(before)
        .catch(fail)
        .then((next) => {
          at = null
          known = next
          return next
        })
      return at
    },
    forget: () => {
      known = state('current')
    },
  }
}

/** Why a copy of the app can't be replaced by a newer one, or null. `feed`: whether an address was built in. */
export function updateObstacle(place: {
  platform: NodeJS.Platform
  environment: Readonly<Record<string, string | undefined>>
  isPackaged: boolean
  portable: boolean
  feed: boolean
}): UpdateObstacle | null {
  const { platform, environment, isPackaged, portable, feed } = place
  if (!isPackaged) return 'updateFromSource'
  if (portable || environment['PORTABLE_EXECUTABLE_DIR'] !== undefined) return 'updatePortable'
  if (platform === 'linux' && environment['APPIMAGE'] === undefined) return 'updatePackage'
  return feed ? null : 'updateNoFeed'
}
