import { Tokenizer as BpeTokenizer } from '@huggingface/tokenizers'
import { ExpectedError } from '../contract/errors.ts'
import { readChatTemplates } from './chat-template.ts'
import { recognizeTokenizer } from './recognize-tokenizer.ts'
import type { KnownTokenizer } from './recognize-tokenizer.ts'
import { readSpecialTokens } from './special-tokens.ts'
import type { SpecialTokens } from './special-tokens.ts'
import { readTokenizerFiles } from './tokenizer-files.ts'
import type { TokenizerFiles } from './tokenizer-files.ts'

/** Text to token ids and back, as the checkpoint was trained. */
export interface Tokenizer {
  /** Model type of tokenizer.json, e.g. 'BPE'. */
  readonly kind: string
  /** Highest token id + 1, added tokens included. */
  readonly vocabularySize: number
  readonly special: SpecialTokens
  /** The default chat template's source, or null. */
  readonly chatTemplate: string | null
  /**
   * Ids of `text`; no special token is put before or after it. @param goesOn whether the text goes on after a line end, so that no
   * space is put before it where the tokenizer puts one before a text
   */
  encode(text: string, goesOn?: boolean): Int32Array
  /** Text of `ids`, special tokens included. */
  decode(ids: Int32Array | readonly number[]): string
}

/**
 * Opens the tokenizer of a checkpoint folder. @param sameAs what its user chose for one that is not known, see recognize-tokenizer.ts
 * Throws ExpectedError 'tokenizer-missing', 'tokenizer-invalid' or 'pretokenizer-unknown'.
 */
export async function openTokenizer(folder: string, sameAs: string | null = null): Promise<Tokenizer> {
  const files = await readTokenizerFiles(folder)
  // The library runs the normalizer already while it builds: a file's own regular expressions must be known ones before.
  const known = await recognizeTokenizer(files, sameAs)
  const engine = build(files, known)
  const encode = (text: string): Int32Array =>
    text === '' ? new Int32Array(0) : Int32Array.from(engine.encode(text, { add_special_tokens: false }).ids)
  // Nothing merges across a line end: what follows one is encoded behind one.
  const lineEnd = known.sentencePiece?.addSpacePrefix === true ? encode('\n').length : 0
  let highest = -1
  for (const id of engine.get_vocab(true).values()) if (id > highest) highest = id
  return {
    kind: files.tokenizer.model.type,
    vocabularySize: highest + 1,
    special: readSpecialTokens(files),
    chatTemplate: readChatTemplates(files).get('default') ?? null,
    encode: (text, goesOn = false) => (goesOn && lineEnd > 0 && text !== '' ? encode(`\n${text}`).subarray(lineEnd) : encode(text)),
    decode: (ids) => (ids.length === 0 ? '' : engine.decode(Array.from(ids), { clean_up_tokenization_spaces: false })),
  }
}

/**
 * Of the file only what `encode` and `decode` use: the post-processor puts special tokens around a text, which nobody asks for here, and
 * tokenizer_config.json changes nothing but how long special tokens take to compare. What cuts text is what was recognized.
 */
function build(files: TokenizerFiles, { normalizer, pre_tokenizer }: KnownTokenizer): BpeTokenizer {
  const { decoder = null } = files.tokenizer
  try {
    return new BpeTokenizer({ ...files.tokenizer, normalizer, pre_tokenizer, decoder, post_processor: null }, {})
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error)
    throw new ExpectedError('tokenizer-invalid', { folder: files.folder, file: 'tokenizer.json', said }, { cause: error })
  }
}
