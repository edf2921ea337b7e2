import type { TokenizerFiles } from './tokenizer-files.ts'
import { ruleOfTokens } from './tokenizer-rule.ts'
import type { SpecialTokenName, TokenizerRule } from './tokenizer-rule.ts'

/** Tokens with a meaning of their own, by id; null where the checkpoint names none. */
export interface SpecialTokens {
  readonly bos: number | null
  readonly eos: number | null
  readonly pad: number | null
  readonly unknown: number | null
  /** The end of a turn and of a message, where a family's rule names them; llama.cpp finds the usual ones by their text. */
  readonly eot: number | null
  readonly eom: number | null
  /** Every id at which generation must stop, from all three config files; sorted. */
  readonly ends: readonly number[]
  /** Whether the tokenizer puts a beginning-of-text token before every text. */
  readonly addBos: boolean
  /** Whether it puts an end-of-text token after every text. */
  readonly addEos: boolean
}

/**
 * Gathers the special tokens: tokenizer_config.json names them as text, generation_config.json and config.json as ids; the first
 * file that names one wins, in that order. A family's rule stands above them all.
 */
export function readSpecialTokens(files: TokenizerFiles, rule: TokenizerRule = ruleOfTokens(files.tokenizer)): SpecialTokens {
  const ids = new Map(files.tokenizer.added_tokens.map(({ content, id }) => [content, id]))
  const ruled = (name: SpecialTokenName): number | null => ids.get(rule.special?.[name] ?? '') ?? null
  const [eos, eot, eom] = [ruled('eos') ?? find(files, ids, 'eos'), ruled('eot'), ruled('eom')]
  return {
    bos: ruled('bos') ?? find(files, ids, 'bos'),
    eos,
    pad: ruled('padding') ?? find(files, ids, 'pad'),
    unknown: ruled('unknown') ?? find(files, ids, 'unk'),
    eot,
    eom,
    ends: endIds([...candidates(files, ids, 'eos'), ...[eos, eot, eom].filter((id) => id !== null)]),
    addBos: rule.addBos ?? addsBos(files),
    addEos: files.tokenizerConfig['add_eos_token'] === true,
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

function endIds(ids: readonly number[]): number[] {
  return [...new Set(ids)].sort((a, b) => a - b)
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
