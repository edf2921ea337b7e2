import { existsSync } from 'node:fs'
import { join } from 'node:path'

/** The data folder of a program that carries its data with it: one with a file or folder named `portable` beside it. Else null. */
export function portableDataFolder(programFolder: string): string | null {
  return existsSync(join(programFolder, 'portable')) ? join(programFolder, 'whittle-data') : null
}
