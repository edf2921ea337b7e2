import { readdir } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { ExpectedError } from '../contract/errors.ts'

/** Endings of files that are read as text. */
const TEXT = new Set([
  '.txt',
  '.text',
  '.md',
  '.markdown',
  '.rst',
  '.tex',
  '.json',
  '.jsonl',
  '.csv',
  '.tsv',
  '.html',
  '.xml',
  '.yaml',
  '.yml',
  '.toml',
  '.sql',
  '.sh',
  '.py',
  '.js',
  '.mjs',
  '.cjs',
  '.ts',
  '.tsx',
  '.jsx',
  '.vue',
  '.css',
  '.c',
  '.h',
  '.cc',
  '.cpp',
  '.hpp',
  '.cs',
  '.java',
  '.kt',
  '.swift',
  '.go',
  '.rs',
  '.rb',
  '.php',
  '.pl',
  '.lua',
  '.r',
  '.jl',
  '.scala',
  '.hs',
  '.ml',
  '.zig',
  '.dart',
])

/** Folders of programs, not of people. */
const SKIPPED = new Set(['node_modules', '__pycache__', 'venv', 'dist', 'build', 'target'])

/** Nobody calibrates on more; a folder of a whole disk chosen by mistake must not take minutes. */
const LIMITS = { files: 2000, entries: 50_000, depth: 8 }

/**
 * The text files below a folder, in the order of their names, folder by folder, hidden ones left out; at most the first 2,000.
 * Throws ExpectedError 'corpus-invalid' when there is none.
 */
export async function textFilesIn(folder: string): Promise<string[]> {
  const files: string[] = []
  let seen = 0
  const walk = async (at: string, depth: number): Promise<void> => {
    const entries = await readdir(at, { withFileTypes: true }).catch((error: unknown) => {
      throw new ExpectedError('corpus-invalid', { path: at, reason: 'unreadable' }, { cause: error })
    })
    entries.sort((a, b) => (a.name < b.name ? -1 : 1))
    for (const entry of entries) {
      if (files.length >= LIMITS.files || ++seen > LIMITS.entries) return
      if (entry.name.startsWith('.')) continue
      const path = join(at, entry.name)
      if (entry.isFile() && TEXT.has(extname(entry.name).toLowerCase())) files.push(path)
      if (entry.isDirectory() && depth < LIMITS.depth && !SKIPPED.has(entry.name)) await walk(path, depth + 1)
    }
  }
  await walk(folder, 0)
  if (files.length === 0) throw new ExpectedError('corpus-invalid', { path: folder, reason: 'no-text-files' })
  return files
}
