import type { GgufValue } from '../architectures/architecture.ts'
import { ExpectedError } from '../contract/errors.ts'
import { readChatTemplates } from './chat-template.ts'
import { readMerges } from './merges.ts'
import { recognizeTokenizer } from './recognize-tokenizer.ts'
import type { KnownTokenizer } from './recognize-tokenizer.ts'
import { PIECE_TYPES, plainSpaces, readPieces, typeWithoutModel } from './sentencepiece-model.ts'
import { readSpecialTokens } from './special-tokens.ts'
import type { SpecialTokens } from './special-tokens.ts'
import { readTokenizerFiles } from './tokenizer-files.ts'
import type { TokenizerFiles } from './tokenizer-files.ts'
import { ruleOfTokens } from './tokenizer-rule.ts'
import type { TokenizerRule } from './tokenizer-rule.ts'
import { readVocabulary } from './vocabulary.ts'
import type { Vocabulary } from './vocabulary.ts'

/** What neither the folder nor its structure says. */
export interface TokenizerChoices {
  /** What the model's family does differently; null = what its tokens call for. */
  readonly rule?: TokenizerRule | null
  /** What its user chose for a tokenizer that is not known, see recognize-tokenizer.ts. */
  readonly sameAs?: string | null
}

/** One token of the file to be. */
interface Entry {
  readonly text: string
  readonly type: number
  readonly score: number
}

/** Scores of what no text merges into, as llama.cpp's own converter sets them. */
const ADDED_SCORE = -1000
const UNUSED_SCORE = -10_000

/**
 * The `tokenizer.*` keys of a GGUF header, in the order they are written.
 * @param vocabularySize rows of the embedding: the token list is filled up to it, because llama.cpp wants one token per row
 * Throws ExpectedError 'tokenizer-missing', 'tokenizer-invalid' or 'pretokenizer-unknown'.
 */
export async function tokenizerMetadata(
  folder: string,
  vocabularySize: number,
  { rule = null, sameAs = null }: TokenizerChoices = {},
): Promise<Map<string, GgufValue>> {
  const files = await readTokenizerFiles(folder)
  const vocabulary = readVocabulary(files)
  const tokens = vocabulary.tokens.length
  if (tokens > vocabularySize)
    throw new ExpectedError('tokenizer-invalid', { folder, reason: 'more-tokens-than-rows', tokens, rows: vocabularySize })
  const known = await recognizeTokenizer(files, sameAs)
  const ruled = rule ?? ruleOfTokens(files.tokenizer)
  const entries = await entriesOf(files, vocabulary, known, { size: vocabularySize, visible: new Set(ruled.visible) })
  refuseTwice(entries, folder)
  const keys = new Map<string, GgufValue>()
  keys.set('tokenizer.ggml.model', { type: 'string', value: known.model })
  keys.set('tokenizer.ggml.pre', { type: 'string', value: nameOf(known, ruled, sameAs) })
  keys.set('tokenizer.ggml.tokens', { type: 'array', of: 'string', value: entries.map(({ text }) => text) })
  if (known.sentencePiece !== null)
    keys.set('tokenizer.ggml.scores', { type: 'array', of: 'f32', value: entries.map(({ score }) => score) })
  keys.set('tokenizer.ggml.token_type', { type: 'array', of: 'i32', value: entries.map(({ type }) => type) })
  if (known.sentencePiece === null) keys.set('tokenizer.ggml.merges', { type: 'array', of: 'string', value: mergeList(files) })
  addSpecialTokens(keys, readSpecialTokens(files, ruled), vocabularySize, folder)
  if (known.sentencePiece !== null) keys.set('tokenizer.ggml.add_space_prefix', { type: 'bool', value: known.sentencePiece.addSpacePrefix })
  addTemplates(keys, readChatTemplates(files))
  return keys
}

/** The name recognized or chosen, or the one a rule prefers where both stand for the same. */
function nameOf({ pre, alike }: KnownTokenizer, { preTokenizer }: TokenizerRule, sameAs: string | null): string {
  if (sameAs !== null && alike.includes(sameAs)) return sameAs
  return preTokenizer !== undefined && alike.includes(preTokenizer) ? preTokenizer : pre
}

async function entriesOf(
  files: TokenizerFiles,
  vocabulary: Vocabulary,
  { sentencePiece }: KnownTokenizer,
  { size, visible }: { readonly size: number; readonly visible: ReadonlySet<string> },
): Promise<Entry[]> {
  const pieces = sentencePiece === null ? null : await readPieces(files.folder, vocabulary)
  const unknown = sentencePiece === null ? null : (files.tokenizer.model.unk_token ?? null)
  return Array.from({ length: size }, (_, id): Entry => {
    const [added, token, piece] = [vocabulary.added.get(id), vocabulary.tokens[id], pieces?.[id]]
    if (token === undefined) return { text: `[PAD${id}]`, type: PIECE_TYPES.unused, score: UNUSED_SCORE }
    if (token === unknown) return { text: token, type: PIECE_TYPES.unknown, score: piece?.score ?? 0 }
    if (added !== undefined) {
      const steers = added.control && !visible.has(added.content)
      return {
        text: steers ? added.content : plainSpaces(added.content),
        type: steers ? PIECE_TYPES.control : PIECE_TYPES.userDefined,
        score: piece?.score ?? ADDED_SCORE,
      }
    }
    if (sentencePiece === null) return { text: token, type: PIECE_TYPES.normal, score: 0 }
    return { text: token, type: piece?.type ?? typeWithoutModel(token), score: piece?.score ?? sentencePiece.scores.get(token) ?? 0 }
  })
}

/** llama.cpp does not load a file in which a token stands twice. */
function refuseTwice(entries: readonly Entry[], folder: string): void {
  const ids = new Map<string, number>()
  for (const [id, { text }] of entries.entries()) {
    const before = ids.get(text)
    if (before !== undefined)
      throw new ExpectedError('tokenizer-invalid', { folder, reason: 'token-twice', token: text, first: before, second: id })
    ids.set(text, id)
  }
}

/** Merges as "left right", their own spaces written as the byte-level alphabet writes them. */
function mergeList(files: TokenizerFiles): string[] {
  return readMerges(files).map((parts) => parts.map((part) => part.replaceAll(' ', '\u0120')).join(' '))
}

function addSpecialTokens(keys: Map<string, GgufValue>, special: SpecialTokens, rows: number, folder: string): void {
  const { bos, eos, unknown, pad: padding, eot, eom } = special
  for (const [name, id] of Object.entries({ bos, eos, unknown, padding, eot, eom })) {
    if (id === null) continue
    if (id >= rows) throw new ExpectedError('tokenizer-invalid', { folder, reason: 'special-token-out-of-range', token: name, id, rows })
    keys.set(`tokenizer.ggml.${name}_token_id`, { type: 'u32', value: id })
  }
  keys.set('tokenizer.ggml.add_bos_token', { type: 'bool', value: special.addBos })
  if (special.addEos) keys.set('tokenizer.ggml.add_eos_token', { type: 'bool', value: true })
}

function addTemplates(keys: Map<string, GgufValue>, templates: ReadonlyMap<string, string>): void {
  const named = [...templates.keys()].filter((name) => name !== 'default')
  if (named.length > 0) keys.set('tokenizer.chat_templates', { type: 'array', of: 'string', value: named })
  for (const [name, template] of templates) {
    keys.set(name === 'default' ? 'tokenizer.chat_template' : `tokenizer.chat_template.${name}`, { type: 'string', value: template })
  }
}
