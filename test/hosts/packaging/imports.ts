import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { builtinModules, createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import ts from 'typescript'

/** Modules a JavaScript file names in imports, exports, import() and require(). */
export function modulesOf(file: string): string[] {
  return ts.preProcessFile(readFileSync(file, 'utf8'), true, true).importedFiles.map(({ fileName }) => fileName)
}

/** Packages a file needs that are neither Node's nor Electron's. */
export function packagesOf(file: string): string[] {
  const outside = modulesOf(file).filter((name) => !/^[./]/.test(name) && !name.startsWith('node:') && !builtinModules.includes(name))
  return [...new Set(outside.map((name) => name.split('/', name.startsWith('@') ? 2 : 1).join('/')))].filter((name) => name !== 'electron')
}

/** Files a bundle names relative to itself that are not there. */
export function missingNeighbors(file: string): string[] {
  return modulesOf(file).filter((name) => name.startsWith('.') && !existsSync(join(dirname(file), name)))
}

/** The folder a package would be loaded from by a file in `from`, or null. */
function packageFolder(from: string, name: string): string | null {
  const candidates = createRequire(join(from, 'x.js')).resolve.paths(name) ?? []
  return candidates.map((folder) => join(folder, name)).find((folder) => existsSync(join(folder, 'package.json'))) ?? null
}

interface Manifest {
  readonly dependencies?: Record<string, string>
}

/**
 * What packages need and cannot find, from `start` on through their dependencies; those left out on purpose, because they serve building
 * only, are not asked for.
 */
export function missingPackages(root: string, start: readonly string[], leftOut: ReadonlySet<string>): string[] {
  const seen = new Set<string>()
  const missing: string[] = []
  const look = (from: string, name: string): void => {
    if (leftOut.has(name)) return
    const folder = packageFolder(from, name)
    if (folder === null || !folder.startsWith(root)) {
      missing.push(`${name}, from ${from.slice(root.length)}`)
      return
    }
    if (seen.has(folder)) return
    seen.add(folder)
    const { dependencies = {} } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest // npm has read it before
    for (const each of Object.keys(dependencies)) look(folder, each)
  }
  for (const name of start) look(root, name)
  return missing
}

/** Scripts of a folder. */
export function scriptsIn(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => /\.c?js$/.test(name))
    .map((name) => join(folder, name))
}
