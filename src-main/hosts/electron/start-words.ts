import { existsSync } from 'node:fs'
import { isAbsolute, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { isResourceName } from '../../contract/resource-name.ts'

/** What the words of a start ask for. */
export interface StartWords {
  /** The data folder asked for by `--work FOLDER` or `--work=FOLDER`, or null. */
  readonly work: string | null
  /** Absolute path of the folder or file to open, or the name of what comes with Whittle; or null. */
  readonly path: string | null
}

/**
 * Reads a start's own command line; a second start reads its words itself and hands over what it read, because Chromium puts switches
 * of its own among the words that it reports of another process.
 * Switches that are not Whittle's are Chromium's or the desktop's and pass. Of several paths the first that is there is opened; where none
 * is, the first one, so that the page can say what is wrong with it.
 * @param words process.argv @param isPackaged whether the program is Whittle itself; Electron run from the sources is told the app's folder
 * first
 * @param folder where the words were given
 */
export function readStartWords(words: readonly string[], isPackaged: boolean, folder: string): StartWords {
  const args = words.slice(1)
  if (!isPackaged) args.splice(0, args.findIndex((word) => !word.startsWith('-')) + 1)
  const { values, positionals } = parseArgs({ args, options: { work: { type: 'string' } }, strict: false, allowPositionals: true })
  const paths = positionals.flatMap((word) => pathOf(word, folder) ?? [])
  return {
    work: typeof values.work === 'string' && values.work !== '' ? resolve(folder, values.work) : null,
    path: paths.find((path) => isResourceName(path) || existsSync(path)) ?? paths[0] ?? null,
  }
}

/** A word as a path; desktops name files by address too, and Whittle its own model by name. */
function pathOf(word: string, folder: string): string | null {
  if (word === '' || word.includes('\0')) return null
  if (isResourceName(word)) return word
  if (!/^file:/i.test(word)) return isAbsolute(word) ? word : resolve(folder, word)
  try {
    return fileURLToPath(word)
  } catch {
    return null // an address of another machine names nothing here
  }
}
