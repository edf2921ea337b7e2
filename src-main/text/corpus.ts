import { open, stat } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { ExpectedError } from '../contract/errors.ts'
import type { Tokenizer } from './tokenizer.ts'

/** A stretch of a UTF-8 text file, in bytes; it starts and ends between lines. */
export interface CorpusPart {
  readonly path: string
  readonly start: number
  readonly end: number
}

/** Bytes read at a time. */
const CHUNK = 1 << 18

/** A whole file as a corpus. Throws ExpectedError 'corpus-not-found' or 'corpus-invalid' (a folder, an empty file). */
export async function openCorpus(path: string): Promise<CorpusPart> {
  const facts = await stat(path).catch((error: unknown) => {
    throw new ExpectedError('corpus-not-found', { path }, { cause: error })
  })
  if (!facts.isFile()) throw new ExpectedError('corpus-invalid', { path, reason: 'not-a-file' })
  if (facts.size === 0) throw new ExpectedError('corpus-invalid', { path, reason: 'empty' })
  return { path, start: 0, end: facts.size }
}

/**
 * The first `wanted` tokens of a part, or all of them when it holds fewer. The file is read and encoded piece by piece, cut after
 * a line end, where every byte-level pre-tokenizer cuts too, so that the pieces give the tokens of the whole.
 * Throws ExpectedError 'corpus-invalid' when the bytes are not text, 'corpus-too-short' below `atLeast` tokens.
 */
export async function encodeCorpus(part: CorpusPart, tokenizer: Tokenizer, wanted: number, atLeast: number): Promise<Int32Array> {
  const pieces: Int32Array[] = []
  let found = 0
  for await (const text of linePieces(part)) {
    const ids = tokenizer.encode(text)
    pieces.push(ids)
    found += ids.length
    if (found >= wanted) break
  }
  if (found < atLeast) throw new ExpectedError('corpus-too-short', { path: part.path, tokens: found, needed: atLeast })
  const tokens = new Int32Array(found)
  let at = 0
  for (const ids of pieces) {
    tokens.set(ids, at)
    at += ids.length
  }
  return tokens.subarray(0, Math.min(found, wanted))
}

/** Cuts tokens into at most `count` windows of `windowTokens`, one after another; a last incomplete window is left out. */
export function windowsFrom(tokens: Int32Array, windowTokens: number, count: number): Int32Array[] {
  const windows = Math.min(count, Math.floor(tokens.length / windowTokens))
  return Array.from({ length: windows }, (_, i) => tokens.slice(i * windowTokens, (i + 1) * windowTokens))
}

/** The text of a part in pieces of about CHUNK bytes, each but the last ending after a line end and before a non-space. */
async function* linePieces(part: CorpusPart): AsyncGenerator<string> {
  const file = await open(part.path)
  try {
    const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false })
    let rest = ''
    for (let at = part.start; at < part.end;) {
      const bytes = await readBytes(file, at, Math.min(CHUNK, part.end - at))
      if (bytes.length === 0) break
      at += bytes.length
      rest += decodeText(part, decoder, bytes, at < part.end)
      const cut = lastCut(rest)
      if (cut > 0) yield rest.slice(0, cut)
      rest = rest.slice(cut)
    }
    if (rest !== '') yield rest
  } finally {
    await file.close()
  }
}

async function readBytes(file: FileHandle, position: number, length: number): Promise<Uint8Array> {
  const { buffer, bytesRead } = await file.read(new Uint8Array(length), 0, length, position)
  return buffer.subarray(0, bytesRead)
}

function decodeText(part: CorpusPart, decoder: TextDecoder, bytes: Uint8Array, more: boolean): string {
  let text: string
  try {
    text = decoder.decode(bytes, { stream: more })
  } catch (error) {
    throw new ExpectedError('corpus-invalid', { path: part.path, reason: 'not-utf8' }, { cause: error })
  }
  if (text.includes('\0')) throw new ExpectedError('corpus-invalid', { path: part.path, reason: 'binary' })
  return text
}

/** Where the text may be cut: before the last line that starts with a non-space; 0 when there is none. */
function lastCut(text: string): number {
  for (let at = text.lastIndexOf('\n'); at > 0; at = text.lastIndexOf('\n', at - 1)) {
    if (/\S/.test(text.charAt(at + 1))) return at + 1
  }
  return 0
}
