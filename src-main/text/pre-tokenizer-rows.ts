/**
 * How tokenizers cut text before they merge, as tokenizer.json spells it, and the names under which llama.cpp carries the same patterns in
 * its own code. A pattern is a fact of the published tokenizer.json files; the names are those of llama.cpp v0.5.0.
 */
export interface PreTokenizerRow {
  /** Names whose code in llama.cpp cuts alike; the first is written unless a family's rule asks for another. */
  readonly names: readonly [string, ...string[]]
  /** Patterns of isolating splits, and the words of {@link WORDS}, one after the other. */
  readonly steps: readonly string[]
  /** Whether whole words in the vocabulary are taken without merging: llama.cpp ties this to the name. */
  readonly ignoreMerges: boolean
  /** Whether llama.cpp keeps digits together where tokenizer.json parts them: then no token may hold two of them. */
  readonly partsDigits?: true
}

/** Steps that are no pattern: digits one by one, the byte-level alphabet, and that alphabet with GPT-2's own pattern before it. */
export const WORDS = { digits: 'digits', bytes: 'bytes', splitBytes: 'bytes:split' } as const

/** The pattern inside a byte-level step that has not been told to go without. */
const GPT2 = String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`

const SHORT = String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)`
const SPACES = String.raw`\s*[\r\n]+|\s+(?!\S)|\s+`
const WORD = String.raw`[^\r\n\p{L}\p{N}]?\p{L}+`
const REST = String.raw` ?[^\s\p{L}\p{N}]+[\r\n]*|${SPACES}`
const REST_SLASH = String.raw` ?[^\s\p{L}\p{N}]+[\r\n/]*|${SPACES}`
const UPPERS = String.raw`\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}`
const LOWERS = String.raw`\p{Ll}\p{Lm}\p{Lo}\p{M}`
const BEFORE = String.raw`[^\r\n\p{L}\p{N}]?`
const CASED = `${BEFORE}[${UPPERS}]*[${LOWERS}]+`
const UPPER = `${BEFORE}[${UPPERS}]+[${LOWERS}]*`

/** Kimi keeps Chinese characters apart from other letters. */
const NO_HAN = String.raw`&&[^\p{Han}]`
const KIMI_CASED = `${BEFORE}[${UPPERS}${NO_HAN}]*[${LOWERS}${NO_HAN}]+${SHORT}?`
const KIMI_UPPER = `${BEFORE}[${UPPERS}${NO_HAN}]+[${LOWERS}${NO_HAN}]*${SHORT}?`

/** Letters of alphabets with two cases, as DeepSeek's first tokenizer lists them. */
const DEEPSEEK_LETTERS =
  'A-Za-z\u00b5\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u01ba\u01bc-\u01bf\u01c4-\u0293\u0295-\u02af\u0370-\u0373\u0376\u0377\u037b-\u037d' +
  '\u037f\u0386\u0388-\u038a\u038c\u038e-\u03a1\u03a3-\u03f5\u03f7-\u0481\u048a-\u052f\u0531-\u0556\u10a0-\u10c5\u13a0-\u13f5\u13f8' +
  '-\u13fd\u1c90-\u1cba\u1cbd-\u1cbf\u1d00-\u1d2b\u1d6b-\u1d77\u1d79-\u1d9a\u1e00-\u1f15\u1f18-\u1f1d\u1f20-\u1f45\u1f48-\u1f4d' +
  '\u1f50-\u1f57\u1f59\u1f5b\u1f5d\u1f5f-\u1f7d\u1f80-\u1fb4\u1fb6-\u1fbc\u1fbe\u1fc2-\u1fc4\u1fc6-\u1fcc\u1fd0-\u1fd3\u1fd6-\u1fdb' +
  '\u1fe0-\u1fec\u1ff2-\u1ff4\u1ff6-\u1ffc\u2102\u2107\u210a-\u2113\u2115\u2119-\u211d\u2124\u2126\u2128\u212a-\u212d\u212f-\u2134' +
  '\u2139\u213c-\u213f\u2145-\u2149\u214e\u2183\u2184\u2c00-\u2c7b\u2c7e-\u2ce4\u2ceb-\u2cee\u2cf2\u2cf3\ua640-\ua66d\ua680-\ua69b' +
  '\ua722-\ua76f\ua771-\ua787\ua78b-\ua78e\uab70-\uabbf\ufb00-\ufb06\ufb13-\ufb17\uff21-\uff3a\uff41-\uff5a\u{10400}-\u{1044f}' +
  '\u{104b0}-\u{104d3}\u{104d8}-\u{104fb}\u{10c80}-\u{10cb2}\u{10cc0}-\u{10cf2}\u{118a0}-\u{118df}\u{1e900}-\u{1e943}'
const DEEPSEEK_SIGNS = '!-/:-~\uff01-\uff0f\uff1a-\uff5e\u2018-\u201f\u3000-\u3002'
const DEEPSEEK_ASIAN = '[\u4e00-\u9fa5\u0800-\u4e00\uac00-\ud7ff]+'

export const PRE_TOKENIZERS: readonly PreTokenizerRow[] = [
  // GPT-2, OLMo and OLMoE, EXAONE 4
  {
    names: ['gpt-2', 'olmo', 'mpt', 'exaone4', 'mellum', 'modern-bert', 'granite-docling'],
    steps: [WORDS.splitBytes],
    ignoreMerges: false,
  },
  // Granite 3, StarCoder, Mellum 2
  {
    names: ['refact', 'starcoder', 'mellum2', 'command-r', 'smollm', 'codeshell', 'exaone', 'minerva-7b'],
    steps: [WORDS.digits, WORDS.splitBytes],
    ignoreMerges: false,
  },
  // Qwen 1.5 to 3, Qwen 3 VL, dots, Hunyuan
  {
    names: ['qwen2', 'hunyuan', 'solar-open', 'stablelm2', 'deepseek-r1-qwen', 'grok-2', 'megrez'],
    steps: [String.raw`${SHORT}|${WORD}|\p{N}|${REST}`, WORDS.bytes],
    ignoreMerges: false,
  },
  // Qwen 3.5
  {
    names: ['qwen35'],
    steps: [String.raw`${SHORT}|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|${SPACES}`, WORDS.bytes],
    ignoreMerges: false,
  },
  // Llama 3
  {
    names: ['llama-bpe', 'falcon3', 'falcon-h1', 'pixtral', 'lfm2'],
    steps: [String.raw`${SHORT}|${WORD}|\p{N}{1,3}|${REST}`, WORDS.bytes],
    ignoreMerges: true,
  },
  // GLM 4.5 to 5
  {
    names: ['glm4', 'chatglm-bpe', 'dbrx', 'smaug-bpe'],
    steps: [String.raw`${SHORT}|${WORD}|\p{N}{1,3}|${REST}`, WORDS.bytes],
    ignoreMerges: false,
  },
  // DeepSeek V3, R1
  {
    names: ['deepseek-v3', 'hunyuan-dense', 'joyai-llm', 'hy_v4'],
    ignoreMerges: false,
    steps: [
      String.raw`\p{N}{1,3}`,
      '[\u4e00-\u9fa5\u3040-\u309f\u30a0-\u30ff]+',
      '[!"#$%&\'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|' +
        String.raw`[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|${SPACES}`,
      WORDS.bytes,
    ],
  },
  // DeepSeek LLM, MoE and V2
  {
    names: ['deepseek-llm'],
    ignoreMerges: false,
    partsDigits: true,
    steps: [
      String.raw`[\r\n]`,
      String.raw`\s?[${DEEPSEEK_LETTERS}]+`,
      String.raw`\s?[${DEEPSEEK_SIGNS}]+`,
      String.raw`\s+$`,
      DEEPSEEK_ASIAN,
      WORDS.digits,
      WORDS.bytes,
    ],
  },
  {
    names: ['deepseek-coder'],
    steps: [String.raw`[\r\n]`, String.raw`\s?\p{L}+`, String.raw`\s?\p{P}+`, DEEPSEEK_ASIAN, WORDS.digits, WORDS.bytes],
    ignoreMerges: false,
  },
  // gpt-oss, MiniMax M2
  {
    names: ['gpt-4o', 'llama4', 'minimax-m2', 'kanana2'],
    steps: [String.raw`${CASED}${SHORT}?|${UPPER}${SHORT}?|\p{N}{1,3}|${REST_SLASH}`, WORDS.bytes],
    ignoreMerges: false,
  },
  // Mistral Nemo and later
  { names: ['tekken'], steps: [String.raw`${CASED}|${UPPER}|\p{N}|${REST_SLASH}`, WORDS.bytes], ignoreMerges: true },
  // K-EXAONE: words and the single spaces between them
  {
    names: ['exaone-moe'],
    steps: [
      String.raw`${SHORT}|[^\r\n\p{L}\p{N}]?(?:\p{L}\p{M}*(?: \p{L}\p{M}*)*)+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]?|\s*[\r\n]|\s+(?!\S)|\s+`,
      WORDS.bytes,
    ],
    ignoreMerges: false,
  },
  // Kimi K2
  { names: ['kimi-k2'], steps: [String.raw`[\p{Han}]+|${KIMI_CASED}|${KIMI_UPPER}|\p{N}{1,3}|${REST}`, WORDS.bytes], ignoreMerges: false },
]

/** The row a name stands for, or null. */
export function preTokenizerRow(name: string): PreTokenizerRow | null {
  return PRE_TOKENIZERS.find(({ names }) => names.includes(name)) ?? null
}

/** A row as a `pre_tokenizer` that the library runs as the Python library runs the file's own: its digits are those of all scripts. */
export function runnable(row: PreTokenizerRow): Record<string, unknown> {
  return { type: 'Sequence', pretokenizers: row.steps.flatMap(runnableStep) }
}

const BYTES = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: false, use_regex: false }

function runnableStep(step: string): Record<string, unknown>[] {
  if (step === WORDS.bytes) return [BYTES]
  if (step === WORDS.splitBytes) return [isolating(GPT2), BYTES]
  return [isolating(step === WORDS.digits ? String.raw`\p{N}` : step)]
}

function isolating(Regex: string): Record<string, unknown> {
  return { type: 'Split', pattern: { Regex }, behavior: 'Isolated', invert: false }
}
