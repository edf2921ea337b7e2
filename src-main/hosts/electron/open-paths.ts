import { existsSync } from 'node:fs'
import { isAbsolute, resolve } from 'node:path'

/**
 * The folder or file a start names, or null: the first argument that is no switch and is there.
 * @param words the command line @param skip how many of its words are the program's own @param folder where it was given
 */
export function pathIn(words: readonly string[], skip: number, folder: string): string | null {
  for (const word of words.slice(skip)) {
    if (word === '' || word.startsWith('-') || word.includes('\0')) continue
    const path = isAbsolute(word) ? word : resolve(folder, word)
    if (existsSync(path)) return path
  }
  return null
}

/** How many words of a command line are the program's own: Electron run from the sources is told the app's folder too. */
export function ownWords(isPackaged: boolean): number {
  return isPackaged ? 1 : 2
}
