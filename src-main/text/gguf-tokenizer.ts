import type { GgufValue } from '../architectures/architecture.ts'
import { ExpectedError } from '../contract/errors.ts'
import { readChatTemplates } from './chat-template.ts'
import { requirePreTokenizer } from './pre-tokenizer.ts'
import { readSpecialTokens } from './special-tokens.ts'
import type { SpecialTokens } from './special-tokens.ts'
import { readTokenizerFiles } from './tokenizer-files.ts'
import type { TokenizerFiles } from './tokenizer-files.ts'
import { readVocabulary } from './vocabulary.ts'
import type { Vocabulary } from './vocabulary.ts'

/** llama.cpp's token types. */
const NORMAL = 1
const CONTROL = 3
const USER_DEFINED = 4
const UNUSED = 5

/**
 * The `tokenizer.*` keys of a GGUF header, in the order they are written.
 * @param vocabularySize rows of the embedding: the token list is filled up to it, because llama.cpp wants one token per row
 * Throws ExpectedError 'tokenizer-missing', 'tokenizer-invalid' or 'pretokenizer-unknown'.
 */
export async function tokenizerMetadata(folder: string, vocabularySize: number): Promise<Map<string, GgufValue>> {
  const files = await readTokenizerFiles(folder)
  const vocabulary = readVocabulary(files)
  if (vocabulary.tokens.length > vocabularySize) {
    throw new ExpectedError('tokenizer-invalid', {
      folder,
      reason: 'more-tokens-than-rows',
      tokens: vocabulary.tokens.length,
      rows: vocabularySize,
    })
  }
  const keys = new Map<string, GgufValue>()
  keys.set('tokenizer.ggml.model', { type: 'string', value: 'gpt2' })
  keys.set('tokenizer.ggml.pre', { type: 'string', value: requirePreTokenizer(files.tokenizer) })
  keys.set('tokenizer.ggml.tokens', { type: 'array', of: 'string', value: tokenList(vocabulary, vocabularySize) })
  keys.set('tokenizer.ggml.token_type', { type: 'array', of: 'i32', value: tokenTypes(vocabulary, vocabularySize) })
  keys.set('tokenizer.ggml.merges', { type: 'array', of: 'string', value: mergeList(files) })
  addSpecialTokens(keys, readSpecialTokens(files), vocabularySize, folder)
  addTemplates(keys, readChatTemplates(files))
  return keys
}

function tokenList(vocabulary: Vocabulary, size: number): string[] {
  return Array.from({ length: size }, (_, id) => {
    const added = vocabulary.added.get(id)
    // llama.cpp matches user-defined tokens against plain text, where a space is a space.
    if (added !== undefined) return added.control ? added.content : added.content.replaceAll('\u2581', ' ')
    return vocabulary.tokens[id] ?? `[PAD${id}]`
  })
}

function tokenTypes(vocabulary: Vocabulary, size: number): number[] {
  return Array.from({ length: size }, (_, id) => {
    const added = vocabulary.added.get(id)
    if (added !== undefined) return added.control ? CONTROL : USER_DEFINED
    return vocabulary.tokens[id] === undefined ? UNUSED : NORMAL
  })
}

/** Merges as "left right". The newer pair form may hold spaces, which are written as the byte-level alphabet writes them. */
function mergeList(files: TokenizerFiles): string[] {
  const { merges } = files.tokenizer.model
  const damaged = (at: number): ExpectedError =>
    new ExpectedError('tokenizer-invalid', { folder: files.folder, file: 'tokenizer.json', reason: 'merge', at })
  if (!Array.isArray(merges)) throw damaged(-1)
  return merges.map((merge: unknown, at) => {
    if (typeof merge === 'string' && merge.indexOf(' ', 1) > 0) return merge
    if (!Array.isArray(merge) || merge.length !== 2) throw damaged(at)
    const [left, right]: unknown[] = merge
    if (typeof left !== 'string' || typeof right !== 'string') throw damaged(at)
    return `${left.replaceAll(' ', '\u0120')} ${right.replaceAll(' ', '\u0120')}`
  })
}

function addSpecialTokens(keys: Map<string, GgufValue>, special: SpecialTokens, rows: number, folder: string): void {
  const ids = { bos: special.bos, eos: special.eos, unknown: special.unknown, padding: special.pad }
  for (const [name, id] of Object.entries(ids)) {
    if (id === null) continue
    if (id >= rows) throw new ExpectedError('tokenizer-invalid', { folder, reason: 'special-token-out-of-range', token: name, id, rows })
    keys.set(`tokenizer.ggml.${name}_token_id`, { type: 'u32', value: id })
  }
  keys.set('tokenizer.ggml.add_bos_token', { type: 'bool', value: special.addBos })
}

function addTemplates(keys: Map<string, GgufValue>, templates: ReadonlyMap<string, string>): void {
  const named = [...templates.keys()].filter((name) => name !== 'default')
  if (named.length > 0) keys.set('tokenizer.chat_templates', { type: 'array', of: 'string', value: named })
  for (const [name, template] of templates) {
    keys.set(name === 'default' ? 'tokenizer.chat_template' : `tokenizer.chat_template.${name}`, { type: 'string', value: template })
  }
}
