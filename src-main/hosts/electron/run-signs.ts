import { app, Notification, powerSaveBlocker, type BrowserWindow } from 'electron'
import type { RunEvent } from '../../contract/events.ts'
import type { RunState } from '../../contract/run.ts'
import type { Service } from '../../service/service.ts'

/** Sentences for a run that rests while nobody looks. */
const NEWS: Readonly<Partial<Record<RunState, string>>> = {
  done: 'The smaller model is ready.', failed: 'A run stopped with an error.', interrupted: 'A run was interrupted; it can go on.',
}

/** Shows what runs do outside the page: progress on the dock, the machine kept awake, a notification at the end. */
export interface RunSigns {
  /** The run at work, or null. */
  working(): string | null
  stop(): void
}

export function showRunSigns(service: Service, window: () => BrowserWindow | null): RunSigns {
  const working = new Set<string>()
  let blocker: number | null = null
  const onState = ({ runId, state }: Extract<RunEvent, { kind: 'state' }>): void => {
    if (state === 'preparing' || state === 'running') working.add(runId)
    else working.delete(runId)
    if (working.size > 0 && blocker === null) blocker = powerSaveBlocker.start('prevent-app-suspension')
    if (working.size === 0 && blocker !== null) {
      powerSaveBlocker.stop(blocker)
      blocker = null
    }
    if (working.size === 0) window()?.setProgressBar(-1)
    const news = NEWS[state]
    if (news !== undefined && window()?.isFocused() !== true && Notification.isSupported()) tell(news, window)
  }
  const stop = service.subscribe((event) => {
    if (event.kind === 'progress' && working.has(event.runId) && event.total > 0) window()?.setProgressBar(event.done / event.total)
    if (event.kind === 'state') onState(event)
  })
  return { working: () => [...working][0] ?? null, stop }
}

function tell(body: string, window: () => BrowserWindow | null): void {
  const notification = new Notification({ title: app.getName(), body })
  notification.on('click', () => window()?.show())
  notification.show()
}
