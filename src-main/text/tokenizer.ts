import { Tokenizer as BpeTokenizer } from '@huggingface/tokenizers'
import { ExpectedError } from '../contract/errors.ts'
import { readChatTemplates } from './chat-template.ts'
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

/** Opens the tokenizer of a checkpoint folder. Throws ExpectedError 'tokenizer-missing' or 'tokenizer-invalid'. */
export async function openTokenizer(folder: string): Promise<Tokenizer> {
  const files = await readTokenizerFiles(folder)
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

function build(files: TokenizerFiles): BpeTokenizer {
  try {
    return new BpeTokenizer(files.tokenizer, files.tokenizerConfig)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new ExpectedError('tokenizer-invalid', { folder: files.folder, file: 'tokenizer.json', reason }, { cause: error })
  }
}
