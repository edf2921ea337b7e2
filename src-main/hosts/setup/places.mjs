import { readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The repository's root folder. */
export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../../..')

/** Where npm puts the packages. */
export const MODULES = join(ROOT, 'node_modules')

/** What the set-up remembers between runs; gone with node_modules. */
export const STAMPS = join(MODULES, '.whittle')

/**
 * The script behind a package's command, to be run by a Node of our choice: works the same with and without .cmd shims.
 * @param {string} packageName e.g. 'vitest'
 * @param {string} [command] defaults to the package's name
 */
export function toolScript(packageName, command = packageName) {
  const folder = join(MODULES, packageName)
  const { bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  return join(folder, typeof bin === 'string' ? bin : bin[command])
}
