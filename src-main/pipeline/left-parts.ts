import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** What is still being written is never untouched for so long. */
const UNTOUCHED_MS = 3_600_000

/** Names under which calibrations, and what is kept beside them, are written until they are whole. */
const PART = /\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.part$/

/**
 * Removes what processes that were killed left half written among the calibrations of `folder`. What cannot be removed stays: it is in
 * nobody's way.
 * @param now milliseconds since 1970
 */
export async function removeLeftParts(folder: string, now = Date.now()): Promise<void> {
  const parts = (await readdir(folder).catch(() => [])).filter((name) => PART.test(name)).map((name) => join(folder, name))
  await Promise.allSettled(
    parts.map(async (path) => {
      if (now - (await stat(path)).mtimeMs > UNTOUCHED_MS) await rm(path)
    }),
  )
}
