import { open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import type { TextReason } from '../contract/error-details.ts'
import { ExpectedError } from '../contract/errors.ts'
import { JsonRefused, parseBoundedJson } from '../formats/strict-json.ts'
import type { CorpusFile } from './corpus-file.ts'

/** Text of a piece of a file, and the bytes of the file it comes from. */
export interface CorpusPiece {
  readonly text: string
  readonly bytes: number
}

/** Bytes read at a time. */
const CHUNK = 1 << 16

/** Texts lie in lists of objects, a few deep; each step is a step of the stack. */
const VALUE_DEPTH = 64

/** A JSON value must be whole to be understood; larger ones belong into lines. */
const LARGEST_VALUE = 64 << 20

/**
 * The text of a file in pieces of about 64 KB, each but the last ending after a line end and before a non-space, where every byte-level
 * pre-tokenizer cuts too. Throws ExpectedError 'corpus-invalid' {path, reason}.
 */
export async function* piecesOf(file: CorpusFile): AsyncGenerator<CorpusPiece> {
  if (file.form === 'plain') return yield* linePieces(file)
  if (file.form === 'lines') return yield* jsonLines(file)
  if (file.end - file.start > LARGEST_VALUE) throw invalid(file, 'json-too-large')
  let text = ''
  for await (const piece of linePieces(file)) text += piece.text
  yield {
    text: textsOf(parse(file, text))
      .map((one) => `${one}\n\n`)
      .join(''),
    bytes: file.end - file.start,
  }
}

async function* jsonLines(file: CorpusFile): AsyncGenerator<CorpusPiece> {
  let rest = ''
  let isFirst = true
  for await (const { text, bytes } of linePieces(file)) {
    const lines = (rest + text).split(/\r?\n/)
    // Pieces end after a line end, so the last entry is '' but at the end of the file.
    rest = lines.pop() ?? ''
    // A stretch may begin in the middle of the file, but never of a line; the file's last line may have been cut short by its writer.
    const texts = lines.filter((line) => line.trim() !== '').flatMap((line) => textsOf(parse(file, line)))
    if (isFirst && lines.length > 0 && texts.length === 0) throw invalid(file, 'no-text-field')
    isFirst = false
    yield { text: texts.map((one) => `${one}\n\n`).join(''), bytes }
  }
  if (rest.trim() !== '')
    yield {
      text: textsOf(parse(file, rest))
        .map((one) => `${one}\n\n`)
        .join(''),
      bytes: 0,
    }
}

function parse(file: CorpusFile, text: string): unknown {
  try {
    return parseBoundedJson(text, VALUE_DEPTH)
  } catch (error) {
    throw new ExpectedError('corpus-invalid', { path: file.path, reason: reasonOf(error) }, { cause: error })
  }
}

function reasonOf(error: unknown): TextReason {
  const beyond = error instanceof JsonRefused ? error.beyond : null
  return beyond === null ? 'not-json' : beyond === 'depth' ? 'json-too-deep' : 'json-too-large'
}

/** Strings, and the `text` of objects, also in lists. */
function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  if (Array.isArray(value)) return value.flatMap(textsOf)
  return typeof value === 'object' && value !== null && 'text' in value && typeof value.text === 'string' ? [value.text] : []
}

async function* linePieces(part: CorpusFile): AsyncGenerator<CorpusPiece> {
  const file = await open(part.path)
  try {
    const decoder = new TextDecoder(part.encoding, { fatal: true, ignoreBOM: false })
    const perUnit = part.encoding === 'utf-8' ? null : 2
    const bytesOf = (text: string): number => (perUnit === null ? Buffer.byteLength(text) : perUnit * text.length)
    let rest = ''
    for (let at = part.start; at < part.end;) {
      const bytes = await readBytes(file, at, Math.min(CHUNK, part.end - at))
      if (bytes.length === 0) break
      at += bytes.length
      rest += decodeText(part, decoder, bytes, at < part.end)
      const cut = lastCut(rest)
      if (cut > 0) yield { text: rest.slice(0, cut), bytes: bytesOf(rest.slice(0, cut)) }
      rest = rest.slice(cut)
    }
    if (rest !== '') yield { text: rest, bytes: bytesOf(rest) }
  } finally {
    await file.close()
  }
}

async function readBytes(file: FileHandle, position: number, length: number): Promise<Uint8Array> {
  const { buffer, bytesRead } = await file.read(new Uint8Array(length), 0, length, position)
  return buffer.subarray(0, bytesRead)
}

function decodeText(part: CorpusFile, decoder: TextDecoder, bytes: Uint8Array, more: boolean): string {
  let text: string
  try {
    text = decoder.decode(bytes, { stream: more })
  } catch (error) {
    throw new ExpectedError(
      'corpus-invalid',
      { path: part.path, reason: part.encoding === 'utf-8' ? 'not-utf8' : 'not-utf16' },
      { cause: error },
    )
  }
  if (text.includes('\0')) throw invalid(part, 'binary')
  return text
}

/** A line longer than this is cut between two words. */
const LONGEST_LINE = 1 << 20

/** Where the text may be cut: before the last line that starts with a non-space; 0 when there is none, and the line is not too long. */
function lastCut(text: string): number {
  for (let at = text.lastIndexOf('\n'); at > 0; at = text.lastIndexOf('\n', at - 1)) {
    if (/\S/.test(text.charAt(at + 1))) return at + 1
  }
  if (text.length < LONGEST_LINE) return 0
  const space = text.lastIndexOf(' ', text.length - 2)
  return space > 0 && /\S/.test(text.charAt(space - 1)) ? space : text.length
}

function invalid({ path }: CorpusFile, reason: TextReason): ExpectedError {
  return new ExpectedError('corpus-invalid', { path, reason })
}
