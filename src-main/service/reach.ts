import { realpathSync } from 'node:fs'
import { basename, isAbsolute, relative, resolve, sep } from 'node:path'
import { ExpectedError } from '../contract/errors.ts'
import type { Recipe } from '../contract/recipe.ts'
import { isResourceName } from '../contract/resource-name.ts'
import { isInResources } from '../pipeline/resource-names.ts'
import { isNamedByRun, type PathUse } from '../store/named-by-runs.ts'
import { writableFolders } from '../store/writable-folders.ts'
import type { ServiceDependencies } from './dependencies.ts'

/** Nobody chooses more in one session; the oldest goes first. */
const MOST_CHOSEN = 1000

/** Paths chosen in this session, by the service they were told to. */
const sessions = new WeakMap<ServiceDependencies, Set<string>>()

function chosenIn(dependencies: ServiceDependencies): Set<string> {
  const known = sessions.get(dependencies) ?? new Set<string>()
  sessions.set(dependencies, known)
  return known
}

/**
 * Notes that the user chose a path, in a dialog, in a field or by dropping it: it and what lies below it are within reach of a page from
 * now on.
 */
export function choosePath(dependencies: ServiceDependencies, path: string): void {
  const chosen = chosenIn(dependencies)
  chosen.add(resolve(path))
  const [oldest] = chosen
  if (chosen.size > MOST_CHOSEN && oldest !== undefined) chosen.delete(oldest)
}

/**
 * Refuses a recipe whose texts or output a page made up. Of a command line, nothing is refused: what it is given was typed.
 * @throws ExpectedError 'path-not-chosen' {path, use}, and 'corpus-invalid' with `reason` 'private' for a text that is none
 */
export function requireReach(
  dependencies: ServiceDependencies,
  recipe: Pick<Recipe, 'corpusPath' | 'heldOutPath'> & { readonly outPath?: string | null },
): void {
  if (dependencies.host.kind === 'cli') return
  for (const path of [recipe.corpusPath, recipe.heldOutPath]) if (path !== null) requireText(dependencies, path)
  if (recipe.outPath !== undefined && recipe.outPath !== null) requireChosen(dependencies, recipe.outPath, 'output')
}

/** Refuses a folder to export to that was not chosen. @throws ExpectedError 'path-not-chosen' {path, use} */
export function requireFolderInReach(dependencies: ServiceDependencies, folder: string): void {
  if (dependencies.host.kind !== 'cli') requireChosen(dependencies, folder, 'output')
}

function requireText(dependencies: ServiceDependencies, path: string): void {
  if (isResourceName(path) || isInResources(resolve(path), dependencies.resources)) return
  requireChosen(dependencies, path, 'text')
  if (isPrivate(realPath(path))) throw new ExpectedError('corpus-invalid', { path, reason: 'private' })
}

function requireChosen(dependencies: ServiceDependencies, path: string, use: PathUse): void {
  const place = resolve(path)
  if ([...chosenIn(dependencies)].some((chosen) => isWithin(place, chosen))) return
  if (use === 'output' && isWithin(place, writableFolders(dependencies.store).outputs)) return
  if (!isNamedByRun(dependencies.store, path, use)) throw new ExpectedError('path-not-chosen', { path, use })
  choosePath(dependencies, path) // and stays so when the run is deleted
}

function isWithin(path: string, folder: string): boolean {
  const way = relative(folder, path)
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way)
}

function realPath(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return resolve(path) // not there: whoever opens it says so
  }
}

/** Where programs keep keys, passwords, mail and their own settings, in the spelling of any system. */
const PRIVATE = new RegExp(
  `^/(proc|sys|dev)/|/(${[
    '\\.ssh',
    '\\.gnupg',
    '\\.aws',
    '\\.azure',
    '\\.kube',
    '\\.docker',
    '\\.config',
    '\\.mozilla',
    '\\.thunderbird',
    '\\.password-store',
    'keyrings',
    'keychains',
    'appdata/roaming',
    'library/(application support|cookies|mail|messages)',
  ].join('|')})(/|$)`,
)

/** Whether nobody means a file or folder as a text: hidden, or among a program's own. */
export function isPrivate(path: string): boolean {
  return basename(path).startsWith('.') || PRIVATE.test(path.replaceAll('\\', '/').toLowerCase())
}
