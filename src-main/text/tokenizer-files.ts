import * as z from 'zod'
import { ExpectedError } from '../contract/errors.ts'
import type { Because } from '../contract/reasons.ts'
import { readModelFile } from '../formats/model-file.ts'
import { JsonRefused, parseBoundedJson } from '../formats/strict-json.ts'
import { checkTokenizer, MAX_TOKEN_ID } from './check-tokenizer.ts'
import { preTokenizerOfCode, RANK_FILE, tokenizerOfRanks } from './tiktoken.ts'

/** Most bytes of tokenizer.json: the largest in use have 35 million. */
const TOKENIZER_BYTES = 64 << 20
/** Of a config or a template: the largest have some hundred thousand. */
const SMALL_FILE_BYTES = 16 << 20
/** Steps hold steps, a few deep. */
const DEPTH = 32

const AddedToken = z.looseObject({
  id: z.int().nonnegative().max(MAX_TOKEN_ID),
  content: z.string(),
  special: z.boolean().default(false),
  normalized: z.boolean().optional(),
})

const NOTHING = z.literal('').nullish()

/** The parts of tokenizer.json that Whittle itself reads; everything else passes through untouched. */
const TokenizerJson = z.looseObject({
  added_tokens: z.array(AddedToken).default([]),
  normalizer: z.unknown(),
  pre_tokenizer: z.unknown(),
  post_processor: z.unknown(),
  decoder: z.unknown(),
  model: z.looseObject({
    type: z.string(),
    vocab: z.unknown(),
    merges: z.unknown(),
    ignore_merges: z.boolean().nullish(),
    byte_fallback: z.boolean().nullish(),
    unk_token: z.string().nullish(),
    // llama.cpp puts nothing before or after parts of words.
    continuing_subword_prefix: NOTHING,
    continuing_subword_suffix: NOTHING,
    end_of_word_suffix: NOTHING,
  }),
})
export type TokenizerJson = z.infer<typeof TokenizerJson>

const Config = z.record(z.string(), z.unknown())

/** A checkpoint's tokenizer files, parsed but not interpreted. */
export interface TokenizerFiles {
  readonly folder: string
  readonly tokenizer: TokenizerJson
  /** tokenizer_config.json, generation_config.json and config.json; empty where the file is absent. */
  readonly tokenizerConfig: Readonly<Record<string, unknown>>
  readonly generationConfig: Readonly<Record<string, unknown>>
  readonly modelConfig: Readonly<Record<string, unknown>>
  /** chat_template.jinja, which wins over the template inside tokenizer_config.json; null where absent. */
  readonly templateFile: string | null
}

/**
 * Reads the tokenizer files of a checkpoint folder.
 * Throws ExpectedError 'tokenizer-missing' without a tokenizer.json or what stands for one, 'tokenizer-invalid' when a file is not what it
 * should be.
 */
export async function readTokenizerFiles(folder: string): Promise<TokenizerFiles> {
  const tokenizerConfig = await readConfig(folder, 'tokenizer_config.json')
  const text = await readOptional(folder, 'tokenizer.json', TOKENIZER_BYTES)
  const parsed =
    text === null ? TokenizerJson.parse(await readRanks(folder, tokenizerConfig)) : parse(folder, 'tokenizer.json', text, TokenizerJson)
  const modelConfig = await readConfig(folder, 'config.json')
  const later = tokensAddedLater(parsed, tokenizerConfig).filter(({ id }) => id < rowsOf(modelConfig))
  const tokenizer = { ...parsed, added_tokens: [...parsed.added_tokens, ...later] }
  checkTokenizer(folder, tokenizer)
  return {
    folder,
    tokenizer,
    tokenizerConfig,
    generationConfig: await readConfig(folder, 'generation_config.json'),
    modelConfig,
    templateFile: await readOptional(folder, 'chat_template.jinja'),
  }
}

/** The tokenizer of a folder with a file of ranks in the place of a tokenizer.json. Throws ExpectedError 'tokenizer-missing' without. */
async function readRanks(folder: string, config: Record<string, unknown>): Promise<Record<string, unknown>> {
  const pre = preTokenizerOfCode(config)
  const text = pre === null ? null : await readOptional(folder, RANK_FILE)
  if (pre === null || text === null) throw new ExpectedError('tokenizer-missing', { folder, file: 'tokenizer.json' })
  return tokenizerOfRanks(folder, text, pre)
}

/** Tokens that tokenizer_config.json adds to those of tokenizer.json, as models trained further have them; others are passed over. */
function tokensAddedLater({ added_tokens: known, model }: TokenizerJson, config: Record<string, unknown>): z.infer<typeof AddedToken>[] {
  const later = config['added_tokens_decoder']
  if (typeof later !== 'object' || later === null || Array.isArray(later)) return []
  const ids = new Set(known.map(({ id }) => id))
  const taken = new Set([...known.map(({ content }) => content), ...Object.keys(Object(model.vocab) as object)])
  return Object.entries(later).flatMap(([key, token]: [string, unknown]) => {
    const parsed = /^\d{1,7}$/.test(key) ? AddedToken.safeParse({ ...Object(token), id: Number(key) }) : null
    return parsed?.success === true && !ids.has(parsed.data.id) && !taken.has(parsed.data.content) ? [parsed.data] : []
  })
}

/** Rows of the embedding, as config.json states them: a padding token is often added without one. */
function rowsOf({ vocab_size: rows, text_config: text }: Record<string, unknown>): number {
  if (typeof rows === 'number') return rows
  return typeof text === 'object' && text !== null && 'vocab_size' in text ? rowsOf({ vocab_size: text.vocab_size }) : Infinity
}

async function readConfig(folder: string, file: string): Promise<Record<string, unknown>> {
  const text = await readOptional(folder, file)
  return text === null ? {} : parse(folder, file, text, Config)
}

async function readOptional(folder: string, file: string, limit = SMALL_FILE_BYTES): Promise<string | null> {
  const bytes = await readModelFile(folder, file, limit, (because) => new ExpectedError('tokenizer-invalid', { folder, file, ...because }))
  return bytes === null ? null : bytes.toString('utf8')
}

function parse<T>(folder: string, file: string, text: string, schema: z.ZodType<T>): T {
  let json: unknown
  try {
    json = parseBoundedJson(text, DEPTH)
  } catch (error) {
    throw new ExpectedError('tokenizer-invalid', { folder, file, ...becauseOf(error) }, { cause: error })
  }
  const result = schema.safeParse(json)
  if (result.success) return result.data
  const issue = result.error.issues[0]
  throw new ExpectedError('tokenizer-invalid', {
    folder,
    file,
    reason: 'unexpected-content',
    at: issue?.path.join('.') ?? '',
    ...(issue === undefined ? {} : { detail: issue.message }),
  })
}

function becauseOf(error: unknown): Because<'not-json' | 'json-depth' | 'json-values'> {
  const because = error instanceof JsonRefused ? error.because : null
  return because?.reason === 'json-depth' || because?.reason === 'json-values' ? because : { reason: 'not-json' }
}
