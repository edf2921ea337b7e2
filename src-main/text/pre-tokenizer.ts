import { ExpectedError } from '../contract/errors.ts'
import type { TokenizerJson } from './tokenizer-files.ts'

/**
 * llama.cpp knows pre-tokenizers by name and carries their patterns in its own code. A name is right only when its code splits
 * text as tokenizer.json does, so each entry spells out the whole structure it stands for; anything else is unknown.
 */
interface PreTokenizerEntry {
  readonly name: string
  /** Steps as {@link describe} writes them. */
  readonly steps: readonly string[]
  /** Whether whole words in the vocabulary are taken without merging: llama.cpp ties this to the name. */
  readonly ignoreMerges: boolean
}

const CONTRACTIONS = String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)`
const REST = String.raw` ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
const CASED = String.raw`[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+`
const UPPER = String.raw`[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*`
const REST_SLASH = String.raw` ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+`

const TABLE: readonly PreTokenizerEntry[] = [
  { name: 'gpt-2', steps: ['bytes:split'], ignoreMerges: false },
  // Qwen 2, 2.5 and 3
  { name: 'qwen2', steps: [String.raw`${CONTRACTIONS}|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}|${REST}`, 'bytes'], ignoreMerges: false },
  // Qwen 3.5
  {
    name: 'qwen35',
    ignoreMerges: false,
    steps: [
      String.raw`${CONTRACTIONS}|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
      'bytes',
    ],
  },
  // Llama 3
  { name: 'llama-bpe', steps: [String.raw`${CONTRACTIONS}|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}|${REST}`, 'bytes'], ignoreMerges: true },
  // DeepSeek V3, R1
  {
    name: 'deepseek-v3',
    ignoreMerges: false,
    steps: [
      String.raw`\p{N}{1,3}`,
      '[一-龥぀-ゟ゠-ヿ]+',
      '[!"#$%&\'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|' +
        String.raw`[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
      'bytes',
    ],
  },
  // gpt-oss
  {
    name: 'gpt-4o',
    steps: [`${CASED}${CONTRACTIONS}?|${UPPER}${CONTRACTIONS}?|${String.raw`\p{N}{1,3}`}|${REST_SLASH}`, 'bytes'],
    ignoreMerges: false,
  },
  // Mistral Nemo and later
  { name: 'tekken', steps: [`${CASED}|${UPPER}|${String.raw`\p{N}`}|${REST_SLASH}`, 'bytes'], ignoreMerges: true },
]

/** Of an unknown structure no more is shown. */
const LONGEST_PATTERN = 2000

/** What was recognized: llama.cpp's name, or the structure that no name stands for. */
export type PreTokenizer = { readonly name: string } | { readonly name: null; readonly pattern: string }

/** Recognizes llama.cpp's name for the pre-tokenizer of a tokenizer.json by its exact structure. Never guesses. */
export function recognizePreTokenizer(tokenizer: TokenizerJson): PreTokenizer {
  const steps = [...normalizerSteps(tokenizer.normalizer), ...describe(tokenizer.pre_tokenizer)]
  const ignoreMerges = tokenizer.model.ignore_merges ?? false
  const found = TABLE.find((entry) => entry.ignoreMerges === ignoreMerges && entry.steps.join('\n') === steps.join('\n'))
  if (found !== undefined) return { name: found.name }
  return { name: null, pattern: [...steps, ...(ignoreMerges ? ['ignore_merges'] : [])].join(' | ').slice(0, LONGEST_PATTERN) }
}

/** llama.cpp's pre-tokenizer name. Throws ExpectedError 'pretokenizer-unknown' with the unrecognized pattern. */
export function requirePreTokenizer(tokenizer: TokenizerJson): string {
  const found = recognizePreTokenizer(tokenizer)
  if (found.name === null) throw new ExpectedError('pretokenizer-unknown', { pattern: found.pattern, known: TABLE.map(({ name }) => name) })
  return found.name
}

/**
 * NFC changes no text that is already composed, which is why llama.cpp has no such step and its own converter passes over it.
 * Any other normalizer is part of the structure.
 */
function normalizerSteps(normalizer: unknown): string[] {
  return flatten(normalizer, 'normalizers')
    .filter((step) => step['type'] !== 'NFC')
    .map((step) => `normalizer:${JSON.stringify(step)}`)
}

/**
 * One line per step: the pattern of an isolating split, 'bytes' for the byte-level alphabet ('bytes:split' with its own pattern), JSON
 * otherwise.
 */
function describe(preTokenizer: unknown): string[] {
  return flatten(preTokenizer, 'pretokenizers').map((step) => {
    if (step['type'] === 'ByteLevel' && step['add_prefix_space'] === false) return step['use_regex'] === false ? 'bytes' : 'bytes:split'
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

function flatten(step: unknown, children: string): Record<string, unknown>[] {
  if (typeof step !== 'object' || step === null) return []
  const record: Record<string, unknown> = { ...step }
  const inner = record[children]
  return record['type'] === 'Sequence' && Array.isArray(inner) ? inner.flatMap((child: unknown) => flatten(child, children)) : [record]
}
