import { ExpectedError } from '../contract/errors.ts'
import { reachesEveryWord } from './merges.ts'
import { preTokenizerRow, PRE_TOKENIZERS, runnable, WORDS } from './pre-tokenizer-rows.ts'
import type { PreTokenizerRow } from './pre-tokenizer-rows.ts'
import type { TokenizerJson } from './tokenizer-files.ts'

/** Of an unknown structure no more is shown. */
const LONGEST_PATTERN = 2000

/**
 * What was recognized: llama.cpp's name, and the pre-tokenizer to run for it; or the structure that no name stands for. llama.cpp knows
 * pre-tokenizers by name and carries their patterns in its own code: a name is right only when its code splits text as tokenizer.json does.
 */
export type PreTokenizer =
  | { readonly name: string; readonly names: readonly string[]; readonly runnable: Record<string, unknown> }
  | { readonly name: null; readonly pattern: string }

/** Recognizes llama.cpp's name for the pre-tokenizer of a tokenizer.json by its exact structure. Never guesses. */
export function recognizePreTokenizer(tokenizer: TokenizerJson): PreTokenizer {
  const steps = [...normalizerSteps(tokenizer.normalizer), ...describe(tokenizer.pre_tokenizer)]
  const ignoreMerges = tokenizer.model.ignore_merges ?? false
  const alike = PRE_TOKENIZERS.filter((row) => row.steps.join('\n') === steps.join('\n') && suits(row, tokenizer))
  const found = alike.find((row) => row.ignoreMerges === ignoreMerges) ?? (reachable(alike, tokenizer) ? alike[0] : undefined)
  if (found !== undefined) return known(found, found.names[0])
  return { name: null, pattern: [...steps, ...(ignoreMerges ? ['ignore_merges'] : [])].join(' | ').slice(0, LONGEST_PATTERN) }
}

/** What a name of llama.cpp stands for; null for a name no row has. */
export function namedPreTokenizer(name: string): Extract<PreTokenizer, { runnable: unknown }> | null {
  const row = preTokenizerRow(name)
  return row === null ? null : known(row, name)
}

function known(row: PreTokenizerRow, name: string): Extract<PreTokenizer, { runnable: unknown }> {
  return { name, names: row.names, runnable: runnable(row) }
}

/** What is said of a structure that no name stands for. @param fits names that cut a fixed set of texts alike, the choice to be offered */
export function unknownPreTokenizer(pattern: string, fits: readonly string[] = []): ExpectedError {
  return new ExpectedError('pretokenizer-unknown', { pattern, known: PRE_TOKENIZERS.map(({ names }) => names[0]), fits })
}

/** The rows whose patterns alone decide how they cut this tokenizer's text, as llama.cpp runs them. */
export function suitingRows(tokenizer: TokenizerJson): PreTokenizerRow[] {
  const ignoreMerges = tokenizer.model.ignore_merges ?? false
  const suiting = PRE_TOKENIZERS.filter((row) => suits(row, tokenizer))
  return reachesEveryWord(tokenizer) ? suiting : suiting.filter((row) => row.ignoreMerges === ignoreMerges)
}

/** Whole words taken without merging make no difference where merging gives every word whole. */
function reachable(alike: readonly PreTokenizerRow[], tokenizer: TokenizerJson): boolean {
  return alike.length > 0 && reachesEveryWord(tokenizer)
}

function suits({ partsDigits }: PreTokenizerRow, { model }: TokenizerJson): boolean {
  return partsDigits !== true || !Object.keys(Object(model.vocab) as object).some((token) => /[0-9][0-9]/.test(token))
}

/**
 * NFC changes no text that is already composed, which is why llama.cpp has no such step and its own converter passes over it.
 * Any other normalizer is part of the structure.
 */
function normalizerSteps(normalizer: unknown): string[] {
  return stepsWithin(normalizer, 'normalizers')
    .filter((step) => step['type'] !== 'NFC')
    .map((step) => `normalizer:${JSON.stringify(step)}`)
}

/** One line per step: the pattern of an isolating split, a word of {@link WORDS}, JSON otherwise. */
function describe(preTokenizer: unknown): string[] {
  return stepsWithin(preTokenizer, 'pretokenizers').map((step) => {
    if (step['type'] === 'ByteLevel' && step['add_prefix_space'] === false)
      return step['use_regex'] === false ? WORDS.bytes : WORDS.splitBytes
    if (step['type'] === 'Digits' && step['individual_digits'] === true) return WORDS.digits
    const pattern = regexOf(step['pattern'])
    const isolating = step['type'] === 'Split' && step['behavior'] === 'Isolated' && step['invert'] !== true
    return isolating && pattern !== null ? pattern : JSON.stringify(step)
  })
}

/** A regular expression's source, with line ends written as escapes so that both spellings compare equal. */
function regexOf(pattern: unknown): string | null {
  if (typeof pattern !== 'object' || pattern === null || !('Regex' in pattern) || typeof pattern.Regex !== 'string') return null
  return pattern.Regex.replaceAll('\r', '\\r').replaceAll('\n', '\\n')
}

/** A part's steps, sequences within sequences unfolded. */
export function stepsWithin(step: unknown, children: string): Record<string, unknown>[] {
  if (typeof step !== 'object' || step === null) return []
  const record: Record<string, unknown> = { ...step }
  const inner = record[children]
  return record['type'] === 'Sequence' && Array.isArray(inner) ? inner.flatMap((child: unknown) => stepsWithin(child, children)) : [record]
}
