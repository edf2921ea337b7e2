import { shell, type BrowserWindow } from 'electron'
import type { Settings } from '../../contract/settings.ts'
import type { HostAbilities } from '../../service/dependencies.ts'
import { pickFile, pickFolder } from './pick-paths.ts'
import { openUpdates, type UpdateObstacle, type Updater, type Updates } from './updates.ts'
import type { HostWords } from './words.ts'

export interface HostParts {
  words(): HostWords
  mode(): Settings['updates']
  obstacle(portable: boolean): UpdateObstacle | null
  log(text: string): void
}

/** What a host learns only once its workplace is open. */
interface Later {
  window(): BrowserWindow | null
  working(): string | null
  onNewVersion(version: string): void
}

/** What Electron can do for the service; the service is made with it, so parts of it are told later what they work with. */
export interface Host {
  readonly abilities: HostAbilities
  /** @returns the updates, which now may look */
  attach(later: Later, portable: boolean): Updates
}

export function createHostAbilities({ words, mode, obstacle, log }: HostParts): Host {
  let later: Later | null = null
  let updates: Updates | null = null
  const window = (): BrowserWindow | null => later?.window() ?? null
  const attached = (): Updates => {
    if (updates === null) throw new Error('asked for updates before the app was open')
    return updates
  }
  return {
    abilities: {
      kind: 'electron',
      missing: [],
      pickFolder: () => pickFolder(window(), words()),
      pickFile: (purpose) => pickFile(window(), words(), purpose),
      reveal: async (path) => shell.showItemInFolder(path),
      async openFolder(path) {
        const problem = await shell.openPath(path)
        if (problem !== '') throw new Error(problem)
      },
      updates: { check: () => attached().check(), install: () => attached().install() },
    },
    attach(known, portable) {
      later = known
      updates = openUpdates({
        obstacle: obstacle(portable),
        mode,
        words,
        log,
        working: known.working,
        onAvailable: known.onNewVersion,
        load: async (): Promise<Updater> => (await import('electron-updater')).default.autoUpdater,
      })
      return updates
    },
  }
}
