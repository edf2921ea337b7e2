import { ExpectedError } from '../contract/errors.ts'
import type { TokenizerFiles, TokenizerJson } from './tokenizer-files.ts'

/** The two parts of each merge, first learned first. Throws ExpectedError 'tokenizer-invalid' {reason: 'merge', at}. */
export function readMerges({ folder, tokenizer }: Pick<TokenizerFiles, 'folder' | 'tokenizer'>): (readonly [string, string])[] {
  const { merges } = tokenizer.model
  const damaged = (at: number): ExpectedError =>
    new ExpectedError('tokenizer-invalid', { folder, file: 'tokenizer.json', reason: 'merge', at })
  if (!Array.isArray(merges)) throw damaged(-1)
  return merges.map((merge: unknown, at) => {
    const pair = pairOf(merge)
    if (pair === null) throw damaged(at)
    return pair
  })
}

/** A merge as "left right", or as a pair, whose parts may hold spaces; null when it is neither. */
function pairOf(merge: unknown): readonly [string, string] | null {
  if (typeof merge === 'string') {
    const space = merge.indexOf(' ', 1)
    return space > 0 ? [merge.slice(0, space), merge.slice(space + 1)] : null
  }
  if (!Array.isArray(merge) || merge.length !== 2) return null
  const [left, right]: unknown[] = merge
  return typeof left === 'string' && typeof right === 'string' ? [left, right] : null
}

/** Merging a word takes time in proportion to the square of its length; all words of a vocabulary in use come to some ten million. */
const MOST_SQUARES = 100_000_000

/** Whether words are so few and short that what takes the square of each one's length ends in seconds. */
export function areSoonMerged(words: Iterable<string>): boolean {
  let squares = 0
  for (const { length } of words) squares += length ** 2
  return squares <= MOST_SQUARES
}

/** Whether merging the letters of each word of the vocabulary gives that word whole. False also where it would take too long to tell. */
export function reachesEveryWord(tokenizer: TokenizerJson): boolean {
  const { vocab } = tokenizer.model
  if (typeof vocab !== 'object' || vocab === null || !areSoonMerged(Object.keys(vocab))) return false
  const added = new Set(tokenizer.added_tokens.map(({ content }) => content))
  const ranks = new Map<string, number>()
  const { merges } = tokenizer.model
  for (const [rank, merge] of (Array.isArray(merges) ? (merges as readonly unknown[]) : []).entries()) {
    const key = pairOf(merge)?.join(' ')
    if (key !== undefined && !ranks.has(key)) ranks.set(key, rank)
  }
  return Object.keys(vocab).every((word) => added.has(word) || reaches(word, ranks))
}

function reaches(word: string, ranks: ReadonlyMap<string, number>): boolean {
  const parts = Array.from(word)
  while (parts.length > 1) {
    let [best, at] = [Infinity, -1]
    for (let i = 0; i + 1 < parts.length; i++) {
      const rank = ranks.get(`${parts[i]} ${parts[i + 1]}`)
      if (rank !== undefined && rank < best) [best, at] = [rank, i]
    }
    if (at < 0) return false
    parts.splice(at, 2, `${parts[at]}${parts[at + 1]}`)
  }
  return true
}
