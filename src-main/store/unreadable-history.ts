import { existsSync, renameSync } from 'node:fs'
import { join, parse } from 'node:path'
import { ExpectedError } from '../contract/errors.ts'

/** Why a database cannot be used, though its place can. */
export type Unreadable = 'damaged' | 'newer'

/** The refusal of a history that {@link putAside} would begin anew; `aside` is the file it would be kept as. */
export function historyUnreadable(path: string, why: Unreadable, detail: string, options?: ErrorOptions): ExpectedError {
  return new ExpectedError('history-unreadable', { path, why, detail, aside: asideName(path, why) }, options)
}

/** Keeps an unreadable database beside its place, with what SQLite put beside it, so that a new one can begin. @returns its new path */
export function putAside(path: string, why: Unreadable): string {
  const aside = asideName(path, why)
  for (const end of ['-wal', '-shm', '']) if (existsSync(path + end)) renameSync(path + end, aside + end)
  return aside
}

/** The first free name of `whittle-damaged.db`, `whittle-damaged-2.db`, ... */
function asideName(path: string, why: Unreadable): string {
  const { dir, name, ext } = parse(path)
  for (let number = 1; ; number++) {
    const aside = join(dir, `${name}-${why}${number === 1 ? '' : `-${number}`}${ext}`)
    if (!existsSync(aside)) return aside
  }
}
