import type { TokenizerReason } from '../contract/error-details.ts'
import type { Because } from '../contract/reasons.ts'
import { ExpectedError } from '../contract/errors.ts'
import { readModelFile } from '../formats/model-file.ts'
import { isByteToken, SPACE_MARK } from './sentencepiece.ts'
import type { Vocabulary } from './vocabulary.ts'

/** The file SentencePiece itself reads, beside tokenizer.json in many folders. */
const FILE = 'tokenizer.model'

/** Most bytes of it: the largest in use have some five million. */
const MOST_BYTES = 16 << 20
/** No vocabulary in use has a third as many. */
const MOST_PIECES = 1 << 20

/** SentencePiece's kinds of pieces, which llama.cpp's token types repeat. */
export const PIECE_TYPES = { normal: 1, unknown: 2, control: 3, userDefined: 4, unused: 5, byte: 6 } as const

/** A token as SentencePiece keeps it; higher scores merge first. */
export interface VocabularyPiece {
  readonly text: string
  readonly score: number
  readonly type: number
}

/**
 * The pieces of tokenizer.model by id; null where the folder has none. Throws ExpectedError 'tokenizer-invalid' when the file is damaged,
 * or is not of the same vocabulary.
 */
export async function readPieces(folder: string, vocabulary: Vocabulary): Promise<readonly VocabularyPiece[] | null> {
  const refuse = (because: Because<TokenizerReason>): ExpectedError =>
    new ExpectedError('tokenizer-invalid', { folder, file: FILE, ...because })
  const bytes = await readModelFile(folder, FILE, MOST_BYTES, refuse)
  if (bytes === null) return null
  const pieces = parsePieces(bytes, refuse)
  for (const [id, { text, type }] of pieces.entries()) {
    // What steers the model may be renamed afterwards; text may not.
    if (type !== PIECE_TYPES.normal || vocabulary.added.has(id) || vocabulary.tokens[id] === text) continue
    throw refuse({ reason: 'pieces-differ', id, token: text })
  }
  return pieces
}

type Refuse = (because: Because<'piece-damaged' | 'pieces-many' | 'pieces-none'>) => ExpectedError

/** Reads the pieces of a SentencePiece model: protocol buffers, of which nothing else is looked at. */
export function parsePieces(bytes: Uint8Array, refuse: Refuse): VocabularyPiece[] {
  const pieces: VocabularyPiece[] = []
  for (const { field, wire, value } of fieldsOf(bytes, refuse)) {
    if (field !== 1) continue
    if (wire !== 2 || !(value instanceof Uint8Array)) throw refuse({ reason: 'piece-damaged' })
    if (pieces.length === MOST_PIECES) throw refuse({ reason: 'pieces-many', most: MOST_PIECES })
    pieces.push(parsePiece(value, refuse))
  }
  if (pieces.length === 0) throw refuse({ reason: 'pieces-none' })
  return pieces
}

function parsePiece(bytes: Uint8Array, refuse: Refuse): VocabularyPiece {
  let [text, score, type]: [string | null, number, number] = [null, 0, PIECE_TYPES.normal]
  for (const { field, wire, value } of fieldsOf(bytes, refuse)) {
    if (field === 1 && wire === 2 && value instanceof Uint8Array) text = decode(value, refuse)
    else if (field === 2 && wire === 5 && value instanceof Uint8Array)
      score = new DataView(value.buffer, value.byteOffset, 4).getFloat32(0, true)
    else if (field === 3 && wire === 0 && typeof value === 'number') type = value
    else if (field <= 3) throw refuse({ reason: 'piece-damaged' })
  }
  if (text === null || text === '' || Number.isNaN(score)) throw refuse({ reason: 'piece-damaged' })
  return { text, score, type }
}

function decode(bytes: Uint8Array, refuse: Refuse): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw refuse({ reason: 'piece-damaged' })
  }
}

interface Field {
  readonly field: number
  readonly wire: number
  /** Bytes, or a whole number. */
  readonly value: Uint8Array | number
}

/** The fields of a message, one after the other; each is within the bytes left, so that no length is believed. */
function* fieldsOf(bytes: Uint8Array, refuse: Refuse): Generator<Field> {
  let at = 0
  const varint = (): number => {
    let value = 0
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = bytes[at++]
      if (byte === undefined) break
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) return value
    }
    throw refuse({ reason: 'piece-damaged' })
  }
  const take = (length: number): Uint8Array => {
    if (length > bytes.length - at) throw refuse({ reason: 'piece-damaged' })
    at += length
    return bytes.subarray(at - length, at)
  }
  while (at < bytes.length) {
    const tag = varint()
    const [field, wire] = [Math.floor(tag / 8), tag % 8]
    if (field === 0) throw refuse({ reason: 'piece-damaged' })
    if (wire === 0) yield { field, wire, value: varint() }
    else if (wire === 1) yield { field, wire, value: take(8) }
    else if (wire === 2) yield { field, wire, value: take(varint()) }
    else if (wire === 5) yield { field, wire, value: take(4) }
    else throw refuse({ reason: 'piece-damaged' })
  }
}

/** A token's type where no tokenizer.model says it. */
export function typeWithoutModel(token: string): number {
  return isByteToken(token) ? PIECE_TYPES.byte : PIECE_TYPES.normal
}

/** llama.cpp matches user-defined tokens against plain text, where a space is a space. */
export function plainSpaces(token: string): string {
  return token.replaceAll(SPACE_MARK, ' ')
}
