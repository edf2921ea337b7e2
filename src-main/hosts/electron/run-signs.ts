import { app, powerSaveBlocker, type BrowserWindow, type ProgressBarOptions } from 'electron'
import type { RunEvent } from '../../contract/events.ts'
import type { RunState } from '../../contract/run.ts'
import type { Service } from '../../service/service.ts'
import type { SettingsFile } from '../../store/settings.ts'
import { notify } from './notify.ts'
import type { HostWords } from './words.ts'

/** Sentences for a run that rests while nobody looks. */
const NEWS: Readonly<Partial<Record<RunState, keyof HostWords>>> = {
  done: 'newsDone',
  failed: 'newsFailed',
  interrupted: 'newsInterrupted',
  paused: 'newsPaused',
}

/** How the taskbar shows a bar that no longer moves. */
const RESTING: Readonly<Partial<Record<RunState, NonNullable<ProgressBarOptions['mode']>>>> = {
  paused: 'paused',
  interrupted: 'paused',
  failed: 'error',
}

/** Shows what runs do outside the page: progress on the dock, the machine kept awake, a notification at the end. */
export interface RunSigns {
  /** The run at work, or null. */
  working(): string | null
  /** That and those in line behind it. */
  allWorking(): readonly string[]
  /** Hears when a run begins or ceases to work. */
  onChange(listener: () => void): void
  /** Says why a run will soon pause, in place of the sentence for the pause itself. */
  explainPause(runId: string, text: string): void
  /** Somebody looks: signs of what was missed go. */
  seen(): void
  stop(): void
}

export interface SignsParts {
  readonly service: Pick<Service, 'subscribe'>
  readonly settings: SettingsFile
  window(): BrowserWindow | null
  /** Brings the window up at one of its page's routes. */
  goTo(route: string): void
  words(): HostWords
}

export function showRunSigns({ service, settings, window, goTo, words }: SignsParts): RunSigns {
  const working = new Set<string>()
  const listeners: (() => void)[] = []
  const awake = keepAwake(() => working.size > 0 && settings.read().preventSleep)
  const explained = new Set<string>()
  let share = 0
  let missed = 0
  const bar = (value: number, mode: NonNullable<ProgressBarOptions['mode']> = 'normal'): void => window()?.setProgressBar(value, { mode })

  // Only if the settings allow and nobody looks; a click leads to the run's page.
  const tell = (runId: string, state: RunState, text: string): void => {
    if (window()?.isFocused() === true) return
    app.setBadgeCount(++missed)
    if (settings.read().notify) notify(text, () => goTo(`/runs/${encodeURIComponent(runId)}/${state === 'done' ? 'result' : 'run'}`))
  }

  const onState = ({ runId, state }: Extract<RunEvent, { kind: 'state' }>): void => {
    const before = working.size
    const didWork = working.delete(runId)
    if (state === 'preparing' || state === 'running') working.add(runId)
    if (working.size === 0) bar(RESTING[state] === undefined ? -1 : share, RESTING[state])
    awake.check()
    const news = NEWS[state]
    // A listener that comes late hears states that are no news to anybody.
    if (didWork && news !== undefined && !(state === 'paused' && explained.delete(runId))) tell(runId, state, words()[news])
    if (before !== working.size) for (const listener of listeners) listener()
  }
  const stopEvents = service.subscribe((event) => {
    if (event.kind === 'state') onState(event)
    if (event.kind !== 'progress' || !working.has(event.runId) || event.total <= 0) return
    share = event.done / event.total
    bar(share)
  })
  const stopSettings = settings.subscribe(() => awake.check())
  return {
    working: () => [...working][0] ?? null,
    allWorking: () => [...working],
    onChange: (listener) => {
      listeners.push(listener)
    },
    explainPause(runId, text) {
      explained.add(runId)
      tell(runId, 'paused', text)
    },
    seen() {
      missed = 0
      app.setBadgeCount(0)
      if (working.size === 0) bar(-1)
    },
    stop() {
      stopEvents()
      stopSettings()
      working.clear()
      awake.check()
    },
  }
}

/** Keeps the machine from sleeping for as long as `isNeeded` says so. */
function keepAwake(isNeeded: () => boolean): { check(): void } {
  let blocker: number | null = null
  return {
    check() {
      if (isNeeded() === (blocker !== null)) return
      if (blocker === null) blocker = powerSaveBlocker.start('prevent-app-suspension')
      else {
        powerSaveBlocker.stop(blocker)
        blocker = null
      }
    },
  }
}
