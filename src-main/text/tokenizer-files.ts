import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as z from 'zod'
import { ExpectedError } from '../contract/errors.ts'

const AddedToken = z.looseObject({
  id: z.int().nonnegative(), content: z.string(), special: z.boolean().default(false), normalized: z.boolean().optional(),
})

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
 * Throws ExpectedError 'tokenizer-missing' without a tokenizer.json, 'tokenizer-invalid' when a file is not what it should be.
 */
export async function readTokenizerFiles(folder: string): Promise<TokenizerFiles> {
  const text = await readOptional(join(folder, 'tokenizer.json'))
  if (text === null) throw new ExpectedError('tokenizer-missing', { folder, file: 'tokenizer.json' })
  return {
    folder,
    tokenizer: parse(folder, 'tokenizer.json', text, TokenizerJson),
    tokenizerConfig: await readConfig(folder, 'tokenizer_config.json'),
    generationConfig: await readConfig(folder, 'generation_config.json'),
    modelConfig: await readConfig(folder, 'config.json'),
    templateFile: await readOptional(join(folder, 'chat_template.jinja')),
  }
}

async function readConfig(folder: string, file: string): Promise<Record<string, unknown>> {
  const text = await readOptional(join(folder, file))
  return text === null ? {} : parse(folder, file, text, Config)
}

async function readOptional(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw new ExpectedError('tokenizer-invalid', { file: path, reason: 'unreadable' }, { cause: error })
  }
}

function parse<T>(folder: string, file: string, text: string, schema: z.ZodType<T>): T {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (error) {
    throw new ExpectedError('tokenizer-invalid', { folder, file, reason: 'not-json' }, { cause: error })
  }
  const result = schema.safeParse(json)
  if (result.success) return result.data
  const issue = result.error.issues[0]
  throw new ExpectedError('tokenizer-invalid', { folder, file, reason: 'unexpected-content', at: issue?.path.join('.'), message: issue?.message })
}
