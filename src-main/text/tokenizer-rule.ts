import type { TokenizerJson } from './tokenizer-files.ts'

/** The special tokens llama.cpp has a key for. */
export type SpecialTokenName = 'bos' | 'eos' | 'eot' | 'eom' | 'unknown' | 'padding'

/** What a model family does differently from what its tokenizer files say; plain data, for a family's page to name. */
export interface TokenizerRule {
  /** Among llama.cpp's names that cut text alike, the one its own converter writes; without effect where the text is cut otherwise. */
  readonly preTokenizer?: string
  /** Special tokens by their text, above what the files say; a text that is no added token leaves it at that. */
  readonly special?: Readonly<Partial<Record<SpecialTokenName, string>>>
  /** Whether a beginning-of-text token comes before every text, whatever the files say. */
  readonly addBos?: boolean
  /** Added tokens that a chat template writes and a reader must see, though they are marked as special. */
  readonly visible?: readonly string[]
}

/** GLM 4.5 and later name no beginning, and stop at the roles of a conversation. With the end of text as end of turn, answers never end. */
export const GLM4_RULE: TokenizerRule = {
  preTokenizer: 'glm4',
  special: { bos: '[gMASK]', eos: '<|endoftext|>', eot: '<|user|>', eom: '<|observation|>', unknown: '<|endoftext|>' },
}

/** Rules of families that their own added tokens give away, for where no page names one. */
const BY_TOKENS: readonly { readonly tokens: readonly string[]; readonly rule: TokenizerRule }[] = [
  { tokens: ['[gMASK]', '<sop>', '<|user|>', '<|observation|>', '<|endoftext|>'], rule: GLM4_RULE },
]

/** The rule a tokenizer's own added tokens call for; an empty one for most. */
export function ruleOfTokens({ added_tokens: added }: TokenizerJson): TokenizerRule {
  const contents = new Set(added.map(({ content }) => content))
  return BY_TOKENS.find(({ tokens }) => tokens.every((token) => contents.has(token)))?.rule ?? {}
}
