import { Tokenizer as BpeTokenizer } from '@huggingface/tokenizers'
import { ExpectedError } from '../contract/errors.ts'
import { readChatTemplates } from './chat-template.ts'
import { requirePreTokenizer } from './pre-tokenizer.ts'
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
  /** Ids of `text`; no special token is put before or after it. */
  encode(text: string): Int32Array
  /** Text of `ids`, special tokens included. */
  decode(ids: Int32Array | readonly number[]): string
}

/** Opens the tokenizer of a checkpoint folder. Throws ExpectedError 'tokenizer-missing', 'tokenizer-invalid' or 'pretokenizer-unknown'. */
export async function openTokenizer(folder: string): Promise<Tokenizer> {
  const files = await readTokenizerFiles(folder)
  // The library runs the normalizer already while it builds: a file's own regular expressions must be known ones before.
  requirePreTokenizer(files.tokenizer)
  const engine = build(files)
  let highest = -1
  for (const id of engine.get_vocab(true).values()) if (id > highest) highest = id
  return {
    kind: files.tokenizer.model.type,
    vocabularySize: highest + 1,
    special: readSpecialTokens(files),
    chatTemplate: readChatTemplates(files).get('default') ?? null,
    encode: (text) => (text === '' ? new Int32Array(0) : Int32Array.from(engine.encode(text, { add_special_tokens: false }).ids)),
    decode: (ids) => (ids.length === 0 ? '' : engine.decode(Array.from(ids), { clean_up_tokenization_spaces: false })),
  }
}

/**
 * Of the file only what `encode` and `decode` use: the post-processor puts special tokens around a text, which nobody asks for here, and
 * tokenizer_config.json changes nothing of a byte-level tokenizer but how long special tokens take to compare.
 */
function build(files: TokenizerFiles): BpeTokenizer {
  const { normalizer = null, pre_tokenizer = null, decoder = null } = files.tokenizer
  try {
    return new BpeTokenizer({ ...files.tokenizer, normalizer, pre_tokenizer, decoder, post_processor: null }, {})
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error)
    throw new ExpectedError('tokenizer-invalid', { folder: files.folder, file: 'tokenizer.json', said }, { cause: error })
  }
}
