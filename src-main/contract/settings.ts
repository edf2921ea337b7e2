import * as z from 'zod'
import { DeviceName } from './recipe.ts'

/** Languages the app is written in; the first is the one every sentence is born in. */
export const LANGUAGES = ['en', 'de'] as const

/** What people set once for all runs. Kept as settings.json in the data folder. */
export const Settings = z.object({
  /** Folders in which models are looked for. */
  modelFolders: z.array(z.string().min(1)).max(64),
  /** Where finished files go when a recipe names no path; null = `outputs` in the data folder. */
  outputFolder: z.string().min(1).nullable(),
  /** Where calibrations are kept; null = `calibrations` in the data folder. */
  calibrationFolder: z.string().min(1).nullable(),
  device: DeviceName,
  /** Threads of a run; 0 = as many as the machine has cores. */
  threads: z.int().min(0).max(1024),
  /** A run whose expected peak is above this is not started; null = what is free. */
  memoryLimitBytes: z.int().positive().nullable(),
  /** Memory of a graphics card that stays free for everything else, bytes. */
  vramReserveBytes: z.int().min(0),
  /** Runs yield to other programs. */
  lowPriority: z.boolean(),
  /** The machine stays awake while a run works. */
  preventSleep: z.boolean(),
  /** A notification when a run rests while nobody looks. */
  notify: z.boolean(),
  theme: z.enum(['system', 'light', 'dark']),
  /** null = the system's language where Whittle speaks it, else English. */
  language: z.enum(LANGUAGES).nullable(),
  /** Size of all text, percent of the normal one. */
  textSize: z.int().min(80).max(200),
  /** Looking for new versions: never, tell only, or fetch and install at the next quit. Nothing is ever asked before somebody chose. */
  updates: z.enum(['off', 'notify', 'auto']),
})
export type Settings = z.infer<typeof Settings>
export type Language = (typeof LANGUAGES)[number]

export const DEFAULT_SETTINGS: Settings = {
  modelFolders: [],
  outputFolder: null,
  calibrationFolder: null,
  device: 'auto',
  threads: 0,
  memoryLimitBytes: null,
  vramReserveBytes: 2 * 2 ** 30,
  lowPriority: false,
  preventSleep: true,
  notify: true,
  theme: 'system',
  language: null,
  textSize: 100,
  updates: 'off',
}
