import type { TokenizerFiles } from './tokenizer-files.ts'

/** Tokens with a meaning of their own, by id; null where the checkpoint names none. */
export interface SpecialTokens {
  readonly bos: number | null
  readonly eos: number | null
  readonly pad: number | null
  readonly unknown: number | null
  /** Every id at which generation must stop, from all three config files; sorted. */
  readonly ends: readonly number[]
  /** Whether the tokenizer puts a beginning-of-text token before every text. */
  readonly addBos: boolean
}

/**
 * Gathers the special tokens: tokenizer_config.json names them as text, generation_config.json and config.json as ids; the first
 * file that names one wins, in that order.
 */
export function readSpecialTokens(files: TokenizerFiles): SpecialTokens {
  const ids = new Map(files.tokenizer.added_tokens.map(({ content, id }) => [content, id]))
  return {
    bos: find(files, ids, 'bos'),
    eos: find(files, ids, 'eos'),
    pad: find(files, ids, 'pad'),
    unknown: find(files, ids, 'unk'),
    ends: endIds(files, ids),
    addBos: addsBos(files),
  }
}

function find(files: TokenizerFiles, ids: ReadonlyMap<string, number>, name: 'bos' | 'eos' | 'pad' | 'unk'): number | null {
  return candidates(files, ids, name)[0] ?? null
}

/** All ids the three files give for one special token, in order of precedence. */
function candidates(files: TokenizerFiles, ids: ReadonlyMap<string, number>, name: string): number[] {
  const named = ids.get(tokenText(files.tokenizerConfig[`${name}_token`]) ?? '')
  return [
    ...(named === undefined ? [] : [named]),
    ...idList(files.generationConfig[`${name}_token_id`]),
    ...idList(files.modelConfig[`${name}_token_id`]),
  ]
}

function endIds(files: TokenizerFiles, ids: ReadonlyMap<string, number>): number[] {
  return [...new Set(candidates(files, ids, 'eos'))].sort((a, b) => a - b)
}

/** A token is written as its text or as an object holding the text. */
function tokenText(value: unknown): string | null {
  if (typeof value === 'string') return value
  if (typeof value === 'object' && value !== null && 'content' in value && typeof value.content === 'string') return value.content
  return null
}

function idList(value: unknown): number[] {
  const list: unknown[] = Array.isArray(value) ? value : [value]
  return list.filter((id): id is number => typeof id === 'number' && Number.isInteger(id) && id >= 0)
}

/** tokenizer_config.json says so outright, or the post-processor's template opens with a special token. */
function addsBos(files: TokenizerFiles): boolean {
  const stated = files.tokenizerConfig['add_bos_token']
  if (typeof stated === 'boolean') return stated
  return opensWithSpecial(files.tokenizer.post_processor)
}

function opensWithSpecial(processor: unknown): boolean {
  if (typeof processor !== 'object' || processor === null) return false
  if ('processors' in processor && Array.isArray(processor.processors)) return processor.processors.some(opensWithSpecial)
  if (!('single' in processor) || !Array.isArray(processor.single)) return false
  const first: unknown = processor.single[0]
  return typeof first === 'object' && first !== null && 'SpecialToken' in first
}
