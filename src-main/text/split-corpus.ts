import { open } from 'node:fs/promises'
import { ExpectedError } from '../contract/errors.ts'
import { corpusBytes } from './corpus.ts'
import type { Corpus } from './corpus.ts'
import type { CorpusFile } from './corpus-file.ts'

/**
 * Sets about the last `share` of a corpus aside: whole files, and of the file the cut falls into what follows the next blank line, or else
 * the next line end. Throws ExpectedError 'corpus-too-short' when there is no such border.
 */
export async function splitCorpus(corpus: Corpus, share: number): Promise<{ calibration: Corpus; heldOut: Corpus }> {
  const { path, files } = corpus
  let left = Math.floor(corpusBytes(corpus) * (1 - share))
  const at = files.findIndex((file) => {
    if (left < file.end - file.start) return true
    left -= file.end - file.start
    return false
  })
  const file = files[at]
  if (file === undefined) throw tooShort(path)
  const border = file.form === 'value' ? null : await findBorder(file, file.start + left)
  if (border !== null) {
    const before = border > file.start ? [{ ...file, end: border }] : []
    return parts(path, [...files.slice(0, at), ...before], [{ ...file, start: border }, ...files.slice(at + 1)])
  }
  // A file without a border goes whole: to the held-out text where nothing follows it, else to the other.
  const cut = at + 1 < files.length ? at + 1 : at
  return parts(path, files.slice(0, cut), files.slice(cut))
}

function parts(path: string, calibration: CorpusFile[], heldOut: CorpusFile[]): { calibration: Corpus; heldOut: Corpus } {
  if (calibration.length === 0 || heldOut.length === 0) throw tooShort(path)
  return { calibration: { path, files: calibration }, heldOut: { path, files: heldOut } }
}

function tooShort(path: string): ExpectedError {
  return new ExpectedError('corpus-too-short', { path, reason: 'no-line-to-cut-at' })
}

/** Longest stretch searched for a border. */
const BORDER_SEARCH = 1 << 18

async function findBorder(part: CorpusFile, wanted: number): Promise<number | null> {
  const unit = part.encoding === 'utf-8' ? 1 : 2
  const from = wanted - ((wanted - part.start) % unit)
  const file = await open(part.path)
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(Math.min(BORDER_SEARCH, part.end - from)), 0, undefined, from)
    const text = lettersOf(buffer.subarray(0, bytesRead - (bytesRead % unit)), part.encoding)
    const match = (part.form === 'lines' ? null : /\r?\n[ \t]*\r?\n\s*/.exec(text)) ?? /\n/.exec(text)
    const border = match === null ? part.end : from + unit * (match.index + match[0].length)
    return border < part.end ? border : null
  } finally {
    await file.close()
  }
}

/** One letter a unit, so that places in the text are places in the file. */
function lettersOf(bytes: Buffer, encoding: CorpusFile['encoding']): string {
  if (encoding === 'utf-8') return bytes.toString('latin1')
  return (encoding === 'utf-16be' ? Buffer.from(bytes).swap16() : bytes).toString('utf16le')
}
