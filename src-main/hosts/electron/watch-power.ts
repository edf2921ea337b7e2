import { powerMonitor } from 'electron'

/** Below this share of a battery a run is paused. */
const LOW_PERCENT = 20

/** How often the battery is looked at while a run works on it. */
const LOOK_MS = 60_000

/** A battery's charge; null where there is none, or none that tells. */
export type ReadBattery = () => Promise<{ readonly percent: number; readonly charging: boolean } | null>

export async function readBattery(): Promise<{ percent: number; charging: boolean } | null> {
  const { battery } = await import('systeminformation') // big, and seldom needed
  const { hasBattery, percent, isCharging, acConnected } = await battery()
  return hasBattery ? { percent, charging: isCharging || acConnected } : null
}

export interface PowerParts {
  readonly read: ReadBattery
  /** The run at work, or null. */
  working(): string | null
  /** Pauses a run after the layer at work. */
  pause(runId: string): void
  log(text: string): void
}

/**
 * Pauses the run at work when the battery runs low, and writes down when the machine slept: layers already written stay, and the
 * engine's process sleeps and wakes with the machine. Returns the function that stops watching.
 */
export function watchPower({ read, working, pause, log }: PowerParts): () => void {
  let paused: string | null = null
  const look = async (): Promise<void> => {
    const runId = working()
    if (runId === null || runId === paused || !powerMonitor.isOnBatteryPower()) return
    const charge = await read()
    if (charge === null || charge.charging || charge.percent >= LOW_PERCENT || working() !== runId) return
    paused = runId // asked once: who resumes it on the same charge means it
    pause(runId)
  }
  const lookNow = (): void => {
    look().catch((error: unknown) => log(`the battery could not be read: ${String(error)}`))
  }
  const onPower = (): void => {
    paused = null
  }
  const onSuspend = (): void => {
    if (working() !== null) log('the machine goes to sleep in mid-run')
  }
  const onResume = (): void => {
    if (working() !== null) log('the machine is awake again, the run goes on')
    lookNow()
  }
  const timer = setInterval(lookNow, LOOK_MS)
  timer.unref()
  powerMonitor.on('on-battery', lookNow)
  powerMonitor.on('on-ac', onPower)
  powerMonitor.on('suspend', onSuspend)
  powerMonitor.on('resume', onResume)
  return () => {
    clearInterval(timer)
    powerMonitor.off('on-battery', lookNow)
    powerMonitor.off('on-ac', onPower)
    powerMonitor.off('suspend', onSuspend)
    powerMonitor.off('resume', onResume)
  }
}
