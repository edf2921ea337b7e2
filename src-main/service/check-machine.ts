import { freemem, totalmem } from 'node:os'
import type { AppInfo } from '../contract/calls.ts'
import type { CheckItem } from '../contract/check.ts'
import type { MachineInfo } from '../contract/machine.ts'
import type { Settings } from '../contract/settings.ts'

/** Share of what may be used at which it gets tight. */
const TIGHT = 0.9

/** Whether the run's memory is there. @param free bytes nobody uses now */
export function memoryItem(
  { expectedBytes }: { expectedBytes: number },
  { memoryLimitBytes }: Pick<Settings, 'memoryLimitBytes'>,
  free = freemem(),
): CheckItem {
  const most = Math.min(memoryLimitBytes ?? Infinity, free)
  const state = expectedBytes > most ? 'stop' : expectedBytes > TIGHT * most ? 'warn' : 'ok'
  return { id: 'memory', state, details: { expectedBytes, freeBytes: free, totalBytes: totalmem(), limitBytes: memoryLimitBytes } }
}

/** What the system tells of the cards; nothing is guessed where it tells nothing. */
export function vramItem({ cards }: Pick<MachineInfo, 'cards'>, { vramReserveBytes }: Pick<Settings, 'vramReserveBytes'>): CheckItem {
  const isFull = cards.length > 0 && cards.every(({ freeBytes }) => freeBytes !== null && freeBytes < vramReserveBytes)
  return { id: 'vram', state: isFull ? 'warn' : 'ok', details: { cards, reserveBytes: vramReserveBytes } }
}

/** A notebook on its battery stops before most runs end. */
export function powerItem({ onBattery }: Pick<MachineInfo, 'onBattery'>): CheckItem {
  return { id: 'power', state: onBattery === true ? 'warn' : 'ok', details: { onBattery } }
}

/** Whether this host keeps the machine awake; only a notebook is told that it does not. */
export function sleepItem(
  { onBattery }: Pick<MachineInfo, 'onBattery'>,
  { preventSleep }: Pick<Settings, 'preventSleep'>,
  host: AppInfo['host'],
): CheckItem {
  const able = host === 'electron'
  return { id: 'sleep', state: onBattery !== null && !(able && preventSleep) ? 'warn' : 'ok', details: { able, wanted: preventSleep } }
}
