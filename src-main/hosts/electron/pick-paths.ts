import { dialog, type BrowserWindow, type FileFilter, type OpenDialogOptions } from 'electron'
import type { FilePurpose } from '../../service/dependencies.ts'
import type { HostWords } from './words.ts'

/** Asks for a folder; null when cancelled. The dialog belongs to the window, where there is one. */
export function pickFolder(window: BrowserWindow | null, words: HostWords): Promise<string | null> {
  return ask(window, { title: words.pickFolder, properties: ['openDirectory', 'createDirectory'] })
}

/** Asks for a file of a kind; null when cancelled. */
export function pickFile(window: BrowserWindow | null, words: HostWords, purpose: FilePurpose): Promise<string | null> {
  const kinds: Record<FilePurpose, { title: string; filter: FileFilter }> = {
    text: { title: words.pickText, filter: { name: words.textFiles, extensions: ['txt', 'md', 'json', 'jsonl'] } },
    bundle: { title: words.pickBundle, filter: { name: words.bundles, extensions: ['json'] } },
    model: { title: words.pickModelFile, filter: { name: words.modelFiles, extensions: ['gguf', 'safetensors', 'json'] } },
  }
  const { title, filter } = kinds[purpose]
  return ask(window, { title, properties: ['openFile'], filters: [filter, { name: words.allFiles, extensions: ['*'] }] })
}

async function ask(window: BrowserWindow | null, options: OpenDialogOptions): Promise<string | null> {
  const { canceled, filePaths } = await (window === null ? dialog.showOpenDialog(options) : dialog.showOpenDialog(window, options))
  return canceled ? null : (filePaths[0] ?? null)
}
