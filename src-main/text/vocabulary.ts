import type { TokenizerReason } from '../contract/error-details.ts'
import { ExpectedError } from '../contract/errors.ts'
import type { Because } from '../contract/reasons.ts'
import { MAX_TOKEN_ID } from './check-tokenizer.ts'
import type { TokenizerFiles } from './tokenizer-files.ts'

/** Every token of a byte-level BPE tokenizer by its number, as stored (byte-level alphabet, not text). */
export interface Vocabulary {
  /** Token of each id; a hole is undefined. Length: highest id + 1. */
  readonly tokens: readonly (string | undefined)[]
  /** Ids of added tokens, with whether each steers the model rather than being text. */
  readonly added: ReadonlyMap<number, { readonly content: string; readonly control: boolean }>
}

/**
 * Numbers the tokens of tokenizer.json. Throws ExpectedError 'tokenizer-invalid' when the model is not BPE, an id is not a
 * whole number, or two tokens claim one id.
 */
export function readVocabulary(files: TokenizerFiles): Vocabulary {
  const { model, added_tokens: addedTokens } = files.tokenizer
  if (model.type !== 'BPE') throw invalid(files, { reason: 'model-not-bpe', type: String(model.type) })
  if (!isVocab(model.vocab)) throw invalid(files, { reason: 'vocabulary-missing' })
  const tokens: (string | undefined)[] = []
  for (const [token, id] of Object.entries(model.vocab)) {
    if (!Number.isInteger(id) || id < 0 || id > MAX_TOKEN_ID) throw invalid(files, { reason: 'token-id', token, id })
    if (tokens[id] !== undefined) throw invalid(files, { reason: 'token-id-twice', id })
    tokens[id] = token
  }
  const added = new Map<number, { content: string; control: boolean }>()
  for (const { id, content, special } of addedTokens) {
    tokens[id] = content
    added.set(id, { content, control: special || looksSpecial(content) })
  }
  return { tokens: Array.from(tokens), added }
}

function isVocab(vocab: unknown): vocab is Record<string, number> {
  return typeof vocab === 'object' && vocab !== null && Object.values(vocab).every((id) => typeof id === 'number')
}

/** llama.cpp's converter treats these spellings as control tokens even when the tokenizer does not mark them. */
function looksSpecial(token: string): boolean {
  const framed = (token.startsWith('<|') && token.endsWith('|>')) || (token.startsWith('<｜') && token.endsWith('｜>'))
  return framed || token === '<pad>' || token === '<mask>' || token.startsWith('<unused')
}

function invalid(files: TokenizerFiles, because: Because<TokenizerReason>): ExpectedError {
  return new ExpectedError('tokenizer-invalid', { folder: files.folder, file: 'tokenizer.json', ...because })
}
