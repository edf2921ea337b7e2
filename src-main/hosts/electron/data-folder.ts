import { app, crashReporter } from 'electron'
import { dirname, join, resolve } from 'node:path'
import { defaultDataFolder, makeFolder } from '../../store/folders.ts'
import { portableDataFolder } from '../portable.ts'

/** What a start tells about where the program lies. */
export interface ProgramPlace {
  readonly platform: NodeJS.Platform
  readonly environment: Readonly<Record<string, string | undefined>>
  /** The running executable. */
  readonly executable: string
  readonly isPackaged: boolean
  /** Folder of package.json. */
  readonly root: string
}

/**
 * The folder a user sees the program in, where a `portable` mark may lie beside it: of the executable, of the bundle on macOS, of the
 * AppImage and of Windows' portable program, which both run from a temporary folder.
 */
export function programFolder({ platform, environment, executable, isPackaged, root }: ProgramPlace): string {
  if (!isPackaged) return root
  if (platform === 'linux' && environment['APPIMAGE'] !== undefined) return dirname(environment['APPIMAGE'])
  if (platform === 'win32' && environment['PORTABLE_EXECUTABLE_DIR'] !== undefined) return environment['PORTABLE_EXECUTABLE_DIR']
  const bundle = platform === 'darwin' ? /^(.*)\/[^/]+\.app\/Contents\/MacOS\/[^/]+$/.exec(executable)?.[1] : undefined
  return bundle ?? dirname(executable)
}

/**
 * Sends everything Electron itself keeps into the data folder: its profile, and dumps of crashes, which never leave this machine.
 * Must be called before the app is ready. @param work the folder asked for, or null
 * @returns the data folder
 */
export function useDataFolder(work: string | null, folder: string): string {
  const data = resolve(work ?? portableDataFolder(folder) ?? defaultDataFolder())
  const [profile, crashes] = [join(data, 'window'), join(data, 'crashes')]
  try {
    for (const each of [profile, crashes]) makeFolder(each)
  } catch {
    return data // the store, which is opened next, says why in words
  }
  app.setPath('userData', profile)
  app.setPath('crashDumps', crashes)
  crashReporter.start({ uploadToServer: false })
  return data
}
