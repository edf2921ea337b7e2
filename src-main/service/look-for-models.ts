import type { Dirent } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import PQueue from 'p-queue'

/** Looked into at once; more does not help a disk. */
const AT_ONCE = 16

/** Bounds, so that a folder as wide as a home is not walked through: folders looked into, and time after which no more are. */
export const LIMITS = { folders: 4000, ms: 8000 }

/** Folders nobody keeps models in. */
const SKIPPED = /^(\.|node_modules$|\$RECYCLE|System Volume Information$)/i

/** A folder with a config.json. */
export interface FoundFolder {
  readonly path: string
  readonly name: string
}

/**
 * Folders with a config.json in `roots`: the root itself, what lies in it, and one level deeper. A link is looked at but not gone into, so
 * no way leads back. Folders that cannot be read are passed over.
 */
export async function lookForModels(roots: readonly string[], limits = LIMITS): Promise<FoundFolder[]> {
  const found: FoundFolder[] = []
  const queue = new PQueue({ concurrency: AT_ONCE })
  const end = performance.now() + limits.ms
  let left = limits.folders
  const look = async (path: string, deeper: number): Promise<void> => {
    const entries = await list(path)
    if (entries.some(({ name }) => name === 'config.json')) return void found.push({ path, name: basename(path) })
    if (deeper === 0) return
    for (const entry of entries) {
      if (SKIPPED.test(entry.name) || !(entry.isDirectory() || entry.isSymbolicLink())) continue
      if (left-- <= 0 || performance.now() > end) return
      void queue.add(() => look(join(path, entry.name), entry.isDirectory() ? deeper - 1 : 0))
    }
  }
  for (const root of roots) void queue.add(() => look(root, 2))
  await queue.onIdle()
  return found
}

async function list(path: string): Promise<Dirent[]> {
  return readdir(path, { withFileTypes: true }).catch(() => []) // gone, a file, or not ours to read: nothing to find
}

/** Where Hugging Face's programs keep what they fetched, by their own rules. */
export function hubFolder(env: Readonly<Record<string, string | undefined>>, home: string): string {
  if (env['HF_HUB_CACHE']) return env['HF_HUB_CACHE']
  if (env['HF_HOME']) return join(env['HF_HOME'], 'hub')
  return join(env['XDG_CACHE_HOME'] || join(home, '.cache'), 'huggingface', 'hub')
}

/** Models of that cache, `models--<who>--<name>/snapshots/<revision>`: the revision last fetched, or every one where that is not known. */
export async function lookInHub(hub: string): Promise<FoundFolder[]> {
  const models = (await list(hub)).filter(({ name }) => name.startsWith('models--')).slice(0, LIMITS.folders)
  const found = await Promise.all(
    models.map(async ({ name }): Promise<FoundFolder[]> => {
      const snapshots = join(hub, name, 'snapshots')
      const main = await readFile(join(hub, name, 'refs', 'main'), 'utf8').catch(() => '') // fetched by revision
      const revisions = /^[\da-f]{7,64}$/.test(main.trim()) ? [main.trim()] : (await list(snapshots)).map((entry) => entry.name)
      // Not fetched.
      const here = await Promise.all(revisions.map((revision) => stat(join(snapshots, revision, 'config.json')).catch(() => null)))
      return revisions
        .filter((_, i) => here[i] !== null)
        .map((revision) => ({ path: join(snapshots, revision), name: name.slice('models--'.length).split('--').join('/') }))
    }),
  )
  return found.flat()
}
