import { existsSync, realpathSync } from 'node:fs'
import nodePath, { type PlatformPath } from 'node:path'
import { ErrorShape } from '../contract/error-shape.ts'
import { fromErrorShape, toErrorShape } from '../contract/errors.ts'
import type { Recipe } from '../contract/recipe.ts'
import { resourceName, resourceParts } from '../contract/resource-name.ts'

/** The demo model below the resources folder of a program folder, as runs kept it before it had a name. */
const FORMER_DEMO = /[\\/]resources[\\/]+(demo-model(?:[\\/].*)?)$/s

/**
 * How a path is kept and shown: what lies in the resources folder by its name (`whittle:demo-model`), and so the demo model of a program
 * folder that is not there any more, which an update or an AppImage's next start leaves behind. Any other path is itself.
 */
export function nameOf(path: string, resources: string, system: PlatformPath = nodePath): string {
  const parts = resourceParts(path) ?? partsBelow(path, resources, system) ?? formerParts(path, system)
  return parts === null ? path : resourceName(parts)
}

/**
 * Where a path lies today, for what opens it: the inverse of {@link nameOf}. A name that leaves the resources folder stays as it is:
 * nothing is there.
 */
export function resourcePlaceOf(path: string, resources: string, system: PlatformPath = nodePath): string {
  const parts = resourceParts(nameOf(path, resources, system))
  return parts === null ? path : system.join(resources, ...parts)
}

/** A recipe as it is kept: what it reads by {@link nameOf}. */
export function nameRecipe(recipe: Recipe, resources: string): Recipe {
  const named = (path: string | null): string | null => (path === null ? null : nameOf(path, resources))
  return {
    ...recipe,
    modelPath: nameOf(recipe.modelPath, resources),
    corpusPath: named(recipe.corpusPath),
    heldOutPath: named(recipe.heldOutPath),
  }
}

/**
 * A JSON value in which every text that is a path has its name, see {@link nameOf}; the messages of errors, which repeat their details, as
 * well.
 */
export function nameAll<T>(value: T, resources: string): T {
  const name = (item: unknown): unknown => {
    if (typeof item === 'string') return nameOf(item, resources)
    if (Array.isArray(item)) return item.map(name)
    if (typeof item !== 'object' || item === null) return item
    const named = Object.fromEntries(Object.entries(item).map(([key, field]) => [key, name(field)]))
    const error = ErrorShape.safeParse(named)
    return error.success && error.data.code !== 'internal' ? { ...named, message: toErrorShape(fromErrorShape(error.data)).message } : named
  }
  return name(value) as T // same shape: only texts change
}

/** Whether a path is the resources folder or lies in it. */
export function isInResources(path: string, resources: string): boolean {
  return nodePath.relative(resources, path) === '' || partsBelow(path, resources, nodePath) !== null
}

function partsBelow(path: string, folder: string, system: PlatformPath): string[] | null {
  if (!system.isAbsolute(path)) return null
  for (const spelling of spellings(folder)) {
    const way = system.relative(spelling, path)
    if (way !== '' && way !== '..' && !way.startsWith(`..${system.sep}`) && !system.isAbsolute(way)) return way.split(system.sep)
  }
  return null
}

/** The folder as it was named, and without links: what opens files in it may tell their real paths. */
function spellings(folder: string): string[] {
  try {
    return [...new Set([folder, realpathSync(folder)])]
  } catch {
    return [folder] // not there: nothing can be found in it
  }
}

function formerParts(path: string, system: PlatformPath): string[] | null {
  const way = system.isAbsolute(path) ? FORMER_DEMO.exec(path)?.[1] : undefined
  return way === undefined || existsSync(path) ? null : resourceParts(resourceName([way]))
}
