import type { LogLine } from '../contract/log-lines.ts'
import { setTimeout as delay } from 'node:timers/promises'
import { isStoreTrouble, toStoreError, waitingBriefly } from '../store/database.ts'
import type { Store } from '../store/store.ts'

/** Time a store may refuse before whoever waits for a write is told that it fails. */
const PATIENCE_MS = 60_000

/** Time between two tries. */
const AGAIN_MS = 500

/**
 * Writes to a store that another program may hold, that may be full or read-only for a while: done in their order, tried again until they
 * go through. Only a process that ends first loses them, and then the next one finds its runs interrupted.
 */
export interface PatientWrites {
  /**
   * Does it now, or once the store lets it. What goes wrong for another reason than the store's is thrown, or told where nobody waits any
   * more.
   */
  write(act: () => void): void
  /** The same for what takes time, in no order with the others. @throws ExpectedError 'work-folder-not-writable' when patience ends */
  perform<T>(act: () => Promise<T>): Promise<T>
  /** Waits until all is written. @throws ExpectedError 'work-folder-not-writable' {path, reason} when patience ends before */
  settle(): Promise<void>
}

export interface PatientOptions {
  /** Told once when the store begins to refuse, and when it has written all again. */
  say(level: 'info' | 'warn' | 'error', line: LogLine): void
  readonly patienceMs?: number
  readonly againMs?: number
}

export function createPatientWrites(store: Store, { say, patienceMs = PATIENCE_MS, againMs = AGAIN_MS }: PatientOptions): PatientWrites {
  const waiting: (() => void)[] = []
  let refusal: { readonly since: number; readonly error: unknown } | null = null
  let trying: Promise<void> | null = null

  const tryNow = (act: () => void): boolean => {
    try {
      waitingBriefly(store.database, act)
      return true
    } catch (error) {
      if (!isStoreTrouble(error)) throw error
      if (refusal === null) say('warn', { say: 'history-waits', said: reasonOf(error) })
      refusal ??= { since: Date.now(), error }
      return false
    }
  }
  const work = async (): Promise<void> => {
    while (waiting.length > 0) {
      await delay(againMs, undefined, { ref: false })
      // A closed store is the end of it: the process is about to end as well.
      if (!store.database.open) return
      try {
        while (waiting[0] !== undefined && tryNow(waiting[0])) waiting.shift()
      } catch (error) {
        waiting.shift()
        say('error', { say: 'history-lost', said: reasonOf(error) })
      }
    }
    refusal = null
    say('info', { say: 'history-again' })
  }
  const isPatient = (): boolean => refusal === null || Date.now() - refusal.since < patienceMs
  return {
    write(act) {
      if (waiting.length === 0 && tryNow(act)) return
      waiting.push(act)
      trying ??= work().finally(() => {
        trying = null
      })
    },
    async perform(act) {
      for (const since = Date.now(); ;) {
        try {
          return await act()
        } catch (error) {
          if (!isStoreTrouble(error)) throw error
          if (Date.now() - since >= patienceMs) throw toStoreError(error, store.folders.database)
          await delay(againMs)
        }
      }
    },
    async settle() {
      while (waiting.length > 0 && store.database.open) {
        if (!isPatient()) throw toStoreError(refusal?.error, store.folders.database)
        await delay(againMs / 5)
      }
    },
  }
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
