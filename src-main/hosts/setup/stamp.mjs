import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { ROOT, STAMPS } from './places.mjs'

/**
 * Every file below a path (or the path itself, if it is a file), sorted; folders named in `without` are left out.
 * @param {string} path
 * @param {readonly string[]} without
 * @returns {string[]}
 */
function filesBelow(path, without) {
  const status = statSync(path, { throwIfNoEntry: false })
  if (!status) return []
  if (status.isFile()) return [path]
  return readdirSync(path)
    .filter((name) => !without.includes(name))
    .sort()
    .flatMap((name) => filesBelow(join(path, name), without))
}

/**
 * SHA-256 over the names and bytes of files: equal fingerprints mean nothing needs to be built again.
 * @param {readonly string[]} paths files and folders, relative to the repository
 * @param {readonly string[]} [without] names of folders to leave out
 */
export function fingerprint(paths, without = []) {
  const hash = createHash('sha256')
  for (const path of paths) {
    for (const file of filesBelow(join(ROOT, path), without)) {
      hash
        .update(`${relative(ROOT, file)}\0`)
        .update(readFileSync(file))
        .update('\0')
    }
  }
  return hash.digest('hex')
}

/** @param {string} name @returns {string} what was remembered under this name, or '' */
export function readStamp(name) {
  try {
    return readFileSync(join(STAMPS, name), 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return ''
    throw error
  }
}

/** @param {string} name @param {string} value */
export function writeStamp(name, value) {
  const file = join(STAMPS, name)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, value)
}

/** @param {string} name @returns {number} hours since the stamp was written, Infinity where there is none */
export function stampAgeHours(name) {
  const status = statSync(join(STAMPS, name), { throwIfNoEntry: false })
  return status ? (Date.now() - status.mtimeMs) / 3_600_000 : Infinity
}

/** @param {string} name */
export function forgetStamp(name) {
  rmSync(join(STAMPS, name), { force: true })
}
