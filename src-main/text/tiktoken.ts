import type { Because } from '../contract/reasons.ts'
import { ExpectedError } from '../contract/errors.ts'
import { areSoonMerged } from './merges.ts'
import { preTokenizerRow, runnable } from './pre-tokenizer-rows.ts'
import { MAX_TOKEN_ID } from './check-tokenizer.ts'

/** The file of ranks beside the code of a tokenizer that has no tokenizer.json. */
export const RANK_FILE = 'tiktoken.model'

/** How text is cut is written in the model's own code, which is never run: the code's name stands for it. */
const CUT_BY_CODE: readonly { readonly code: string; readonly pre: string }[] = [
  { code: 'tokenization_kimi.TikTokenTokenizer', pre: 'kimi-k2' },
]

/** The pre-tokenizer that tokenizer_config.json's code stands for; null for code that is not known. */
export function preTokenizerOfCode(config: Readonly<Record<string, unknown>>): string | null {
  const named = JSON.stringify(Object(config['auto_map'])['AutoTokenizer'] ?? null)
  return CUT_BY_CODE.find(({ code }) => named.includes(code))?.pre ?? null
}

/**
 * A file of ranks as a tokenizer.json: each line is a token's bytes in base64 and its rank, which is its id. The merges are found by
 * merging each token's bytes as far as lower ranks go. Throws ExpectedError 'tokenizer-invalid'.
 */
export function tokenizerOfRanks(folder: string, text: string, pre: string): Record<string, unknown> {
  const refuse = (because: Because<'rank-no-line' | 'rank-twice' | 'ranks-long'>): ExpectedError =>
    new ExpectedError('tokenizer-invalid', { folder, file: RANK_FILE, ...because })
  const ranks = new Map<string, number>()
  for (const [at, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue
    const [, base64, rank] = /^([A-Za-z0-9+/]+={0,2}) (\d{1,7})\s*$/.exec(line) ?? []
    if (base64 === undefined || rank === undefined || Number(rank) > MAX_TOKEN_ID) throw refuse({ reason: 'rank-no-line', line: at + 1 })
    const token = Buffer.from(base64, 'base64').toString('latin1')
    if (ranks.has(token)) throw refuse({ reason: 'rank-twice', line: at + 1 })
    ranks.set(token, Number(rank))
  }
  if (!areSoonMerged(ranks.keys())) throw refuse({ reason: 'ranks-long' })
  const row = preTokenizerRow(pre)
  if (row === null) throw new Error(`no way to cut text is called ${pre}`)
  const vocab = Object.fromEntries(Array.from(ranks, ([token, rank]) => [letters(token), rank]))
  const merges = mergesOf(ranks).map((pair) => pair.map(letters))
  const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: false, use_regex: false }
  return {
    added_tokens: [],
    normalizer: null,
    pre_tokenizer: runnable(row),
    post_processor: null,
    decoder: byteLevel,
    model: { type: 'BPE', vocab, merges, ignore_merges: false },
  }
}

/** The last merge of every token that has one, lowest rank first; a token that its bytes do not merge into has none. */
function mergesOf(ranks: ReadonlyMap<string, number>): [string, string][] {
  const merges: [string, string][] = []
  for (const [token, rank] of [...ranks].sort(([, a], [, b]) => a - b)) {
    if (token.length < 2) continue
    const [left, right, ...more] = mergedBelow(token, rank, ranks)
    if (left !== undefined && right !== undefined && more.length === 0) merges.push([left, right])
  }
  return merges
}

/** A token's bytes merged as far as ranks below its own go. */
function mergedBelow(token: string, limit: number, ranks: ReadonlyMap<string, number>): string[] {
  const parts = token.split('')
  while (parts.length > 2) {
    let [best, at] = [limit, -1]
    for (let i = 0; i + 1 < parts.length; i++) {
      const rank = ranks.get(`${parts[i]}${parts[i + 1]}`)
      if (rank !== undefined && rank < best) [best, at] = [rank, i]
    }
    if (at < 0) return parts
    parts.splice(at, 2, `${parts[at]}${parts[at + 1]}`)
  }
  return parts
}

/** GPT-2's letters for the 256 bytes: printable bytes stand for themselves, the others for letters from U+0100 on. */
const LETTERS: readonly string[] = (() => {
  const printable = (byte: number): boolean => (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae
  let next = 0x100
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(printable(byte) ? byte : next++))
})()

/** Bytes, a letter each, in the byte-level alphabet. */
function letters(bytes: string): string {
  return Array.from(bytes, (byte) => LETTERS[byte.charCodeAt(0)] ?? '').join('')
}
