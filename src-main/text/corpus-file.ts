import { open, stat } from 'node:fs/promises'
import { ExpectedError } from '../contract/errors.ts'

/** A stretch of a text file, in bytes; it starts and ends between lines. */
export interface CorpusFile {
  readonly path: string
  readonly start: number
  readonly end: number
  /** Told by a byte order mark; without one UTF-8. */
  readonly encoding: 'utf-8' | 'utf-16le' | 'utf-16be'
  /** Plain text, one JSON value a line, or one JSON value: of those their `text` counts. */
  readonly form: 'plain' | 'lines' | 'value'
}

/** A file as part of a corpus. Throws ExpectedError 'corpus-not-found' or 'corpus-invalid' (not a file, empty). */
export async function openCorpusFile(path: string): Promise<CorpusFile> {
  const facts = await stat(path).catch((error: unknown) => {
    throw new ExpectedError('corpus-not-found', { path }, { cause: error })
  })
  if (!facts.isFile()) throw new ExpectedError('corpus-invalid', { path, reason: 'not-a-file' })
  if (facts.size === 0) throw new ExpectedError('corpus-invalid', { path, reason: 'empty' })
  return { path, start: 0, end: facts.size, encoding: await encodingOf(path), form: formOf(path) }
}

function formOf(path: string): CorpusFile['form'] {
  if (/\.jsonl$/i.test(path)) return 'lines'
  return /\.json$/i.test(path) ? 'value' : 'plain'
}

async function encodingOf(path: string): Promise<CorpusFile['encoding']> {
  const file = await open(path).catch((error: unknown) => {
    throw new ExpectedError('corpus-invalid', { path, reason: 'unreadable' }, { cause: error })
  })
  try {
    const { buffer } = await file.read(Buffer.alloc(2), 0, 2, 0)
    const mark = buffer.toString('hex')
    return mark === 'fffe' ? 'utf-16le' : mark === 'feff' ? 'utf-16be' : 'utf-8'
  } finally {
    await file.close()
  }
}
