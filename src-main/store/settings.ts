import {
  closeSync,
  copyFileSync,
  fsyncSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { isAbsolute, join } from 'node:path'
import * as z from 'zod'
import type { FolderReason } from '../contract/error-details.ts'
import { ExpectedError } from '../contract/errors.ts'
import { DEFAULT_SETTINGS, Settings } from '../contract/settings.ts'
import { isFileMissing } from './file-missing.ts'

/** What people set once for all runs, as every part of the core asks for it. */
export interface SettingsFile {
  /** The settings as they are on disk now: another Whittle at work on the same folder may have changed them. */
  read(): Settings
  /** Changes some of them on disk. @returns all of them @throws ExpectedError 'settings-invalid' naming the `field`, `path` and `reason` */
  change(some: Partial<Settings>): Settings
  /** Hears every change made by this process. Returns the function that ends the subscription. */
  subscribe(listener: (settings: Settings) => void): () => void
}

interface Known {
  readonly stamp: string
  readonly settings: Settings
  readonly isSound: boolean
}

/** settings.json in `folder`. What cannot be read in it counts as not set, and is told to `warn` once. */
export function openSettings(folder: string, warn: (text: string) => void): SettingsFile {
  const path = join(folder, 'settings.json')
  const listeners = new Set<(settings: Settings) => void>()
  let known: Known | null = null
  let warned = ''
  const look = (): Known => {
    const stamp = stampOf(path)
    if (known?.stamp === stamp) return known
    const { settings, problems } = parse(readText(path))
    const warning = problems.join('; ')
    if (warning !== '' && warning !== warned) warn(`settings.json: ${warning}; the rest of it is used`)
    warned = warning
    known = { stamp, settings, isSound: problems.length === 0 }
    return known
  }
  return {
    read: () => look().settings,
    change(some) {
      const { settings: before, isSound } = look()
      const after = { ...before, ...dropUndefined(some) }
      checkFolders(before, after)
      try {
        if (!isSound) copyFileSync(path, `${path}.bak`)
        replaceFile(path, `${JSON.stringify(after, null, 2)}\n`)
      } catch (error) {
        throw new ExpectedError('settings-invalid', { path, reason: 'file-not-writable', system: String(error) }, { cause: error })
      }
      const { settings } = look()
      for (const listener of listeners) listener(settings)
      return settings
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

/** A change that names a field without a value leaves it as it is. */
function dropUndefined(some: Partial<Settings>): Partial<Settings> {
  return Object.fromEntries(Object.entries(some).filter(([, value]) => value !== undefined))
}

function stampOf(path: string): string {
  const facts = statSync(path, { throwIfNoEntry: false })
  return facts === undefined ? 'none' : `${facts.ino} ${facts.size} ${facts.mtimeMs}`
}

/** The file's text; null where there is none. What else keeps it from being read counts as text nobody can read. */
function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    return isFileMissing(error) ? null : String(error)
  }
}

/** Reads field by field, so that one bad value costs only itself. */
function parse(text: string | null): { settings: Settings; problems: string[] } {
  const fields = text === null ? {} : parseFields(text)
  if (fields === null) return { settings: DEFAULT_SETTINGS, problems: ['it is no JSON object'] }
  const problems = Object.keys(fields)
    .filter((name) => !Object.hasOwn(Settings.shape, name))
    .map((name) => `${JSON.stringify(name)} is unknown`)
  const read = Object.entries(Settings.shape).map(([name, schema]: [string, z.ZodType]) => {
    const standard = DEFAULT_SETTINGS[name as keyof Settings] // a key of the same schema
    if (!Object.hasOwn(fields, name)) return [name, standard]
    const parsed = schema.safeParse(fields[name])
    if (!parsed.success) problems.push(`${JSON.stringify(name)} is not valid`)
    return [name, parsed.success ? parsed.data : standard]
  })
  return { settings: Settings.parse(Object.fromEntries(read)), problems }
}

function parseFields(text: string): Record<string, unknown> | null {
  try {
    return z.record(z.string(), z.unknown()).safeParse(JSON.parse(text)).data ?? null
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}

/** Folders newly named must be there, and those written to must let us write. One that went away since does not block other changes. */
function checkFolders(before: Settings, after: Settings): void {
  for (const path of after.modelFolders)
    if (!before.modelFolders.includes(path)) checkFolder('modelFolders', path, 'folder-not-readable', readdirSync)
  for (const field of ['outputFolder', 'calibrationFolder'] as const) {
    const path = after[field]
    if (path !== null && path !== before[field]) checkFolder(field, path, 'folder-not-writable', tryWriting)
  }
}

function checkFolder(field: keyof Settings, path: string, refusal: FolderReason, attempt: (path: string) => unknown): void {
  const fail = (reason: FolderReason, cause?: unknown): never => {
    throw new ExpectedError('settings-invalid', { field, path, reason }, { cause })
  }
  if (!isAbsolute(path)) fail('not-absolute')
  const facts = statSync(path, { throwIfNoEntry: false })
  if (facts === undefined) fail('folder-missing')
  if (facts?.isDirectory() === false) fail('not-a-folder')
  try {
    attempt(path)
  } catch (error) {
    fail(refusal, error)
  }
}

/** Permission bits do not tell on every system, nor for every user: only writing does. */
function tryWriting(path: string): void {
  rmdirSync(mkdtempSync(join(path, '.whittle-')))
}

/** The new text is on disk under another name before it takes the old one's place. */
function replaceFile(path: string, text: string): void {
  const temporary = `${path}.${process.pid}.tmp`
  try {
    const file = openSync(temporary, 'w', 0o600)
    try {
      writeSync(file, text)
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    renameSync(temporary, path)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
}
