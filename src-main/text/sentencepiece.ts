import { stepsWithin } from './pre-tokenizer.ts'
import type { TokenizerFiles, TokenizerJson } from './tokenizer-files.ts'
import { areSoonMerged, readMerges } from './merges.ts'

/** SentencePiece's mark of a space. */
export const SPACE_MARK = '\u2581'

/** The token of a byte that no other token covers, as SentencePiece names it. */
export function byteToken(byte: number): string {
  return `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`
}

const BYTE_TOKENS: ReadonlySet<string> = new Set(Array.from({ length: 256 }, (_, byte) => byteToken(byte)))

/** Whether a token stands for a byte. */
export function isByteToken(token: string): boolean {
  return BYTE_TOKENS.has(token)
}

/**
 * A tokenizer that SentencePiece trained, as tokenizer.json spells it: spaces become marks, text is not cut, and what no token covers falls
 * to its bytes.
 */
export interface SentencePiece {
  /** Whether a space is put before a text. */
  readonly addSpacePrefix: boolean
  /** What the library is to run in the file's place. */
  readonly normalizer: unknown
  readonly pre_tokenizer: unknown
}

const MARK_SPACES = { type: 'Replace', pattern: { String: ' ' }, content: SPACE_MARK }
const PREPEND = { type: 'Prepend', prepend: SPACE_MARK }

/**
 * Recognizes SentencePiece by structure; null when it is none. Llama 2 and Mixtral spell it as normalizers, later files as a pre-tokenizer,
 * which puts the space only before the very beginning.
 */
export function recognizeSentencePiece({ model, normalizer, pre_tokenizer: preTokenizer }: TokenizerJson): SentencePiece | null {
  if (model.byte_fallback !== true || model.ignore_merges === true || !hasByteTokens(model.vocab)) return null
  const normalizers = stepsWithin(normalizer, 'normalizers').map(canonical)
  const [cut, ...more] = stepsWithin(preTokenizer, 'pretokenizers')
  const [replace, prepend] = [canonical(MARK_SPACES), canonical(PREPEND)]
  if (cut === undefined) {
    if (normalizers.join('\n') === [prepend, replace].join('\n')) return { addSpacePrefix: true, normalizer, pre_tokenizer: null }
    return normalizers.join('\n') === replace ? { addSpacePrefix: false, normalizer, pre_tokenizer: null } : null
  }
  if (more.length > 0 || normalizers.length > 0 || cut['type'] !== 'Metaspace') return null
  if (cut['replacement'] !== SPACE_MARK || cut['split'] !== false) return null
  const scheme = cut['prepend_scheme']
  if (scheme !== 'first' && scheme !== 'always' && scheme !== 'never') return null
  return {
    addSpacePrefix: scheme !== 'never',
    normalizer: null,
    pre_tokenizer: { type: 'Metaspace', replacement: SPACE_MARK, prepend_scheme: scheme, split: false },
  }
}

function hasByteTokens(vocab: unknown): boolean {
  return typeof vocab === 'object' && vocab !== null && [...BYTE_TOKENS].every((token) => Object.hasOwn(vocab, token))
}

/** A step whatever the order of its keys. */
function canonical(step: object): string {
  return JSON.stringify(step, Object.keys({ ...step, String: 0 }).sort())
}

/**
 * The scores SentencePiece gives its tokens: what is merged first scores highest. llama.cpp merges any two neighbours that make a token,
 * best score first, while tokenizer.json lists which may merge, in order. Both come to the same when every way to make a token is listed,
 * and a token's merges follow each other; null otherwise.
 */
export function pieceScores(files: Pick<TokenizerFiles, 'folder' | 'tokenizer'>): ReadonlyMap<string, number> | null {
  const { model, added_tokens: added } = files.tokenizer
  const vocab = new Map(Object.entries(Object(model.vocab) as Record<string, unknown>))
  if (!areSoonMerged(vocab.keys())) return null
  const scores = new Map<string, number>()
  const listed = new Set<string>()
  let last = ''
  for (const [left, right] of readMerges(files)) {
    const piece = left + right
    if (piece !== last && scores.has(piece)) return null
    if (!scores.has(piece)) scores.set(piece, -scores.size)
    last = piece
    listed.add(`${left}\n${right}`)
  }
  const unmerged = new Set(added.map(({ content }) => content))
  for (const piece of vocab.keys()) {
    if (unmerged.has(piece) || isByteToken(piece)) continue
    if (!isComplete(piece, vocab, listed)) return null
    if (!scores.has(piece)) scores.set(piece, -scores.size)
  }
  return scores
}

function isComplete(piece: string, vocab: ReadonlyMap<string, unknown>, listed: ReadonlySet<string>): boolean {
  let cut = 0
  for (const letter of piece) {
    cut += letter.length
    const [left, right] = [piece.slice(0, cut), piece.slice(cut)]
    if (right !== '' && vocab.has(left) && vocab.has(right) && !listed.has(`${left}\n${right}`)) return false
  }
  return true
}
