import type { FamilyReason } from '../contract/error-details.ts'
import { ExpectedError } from '../contract/errors.ts'
import type { Because } from '../contract/reasons.ts'

type Json = Readonly<Record<string, unknown>>

/** Keys that say nothing about the arithmetic of inference, in any family. */
const HARMLESS: readonly string[] = [
  'model_type',
  'architectures',
  'transformers_version',
  '_name_or_path',
  'torch_dtype',
  'dtype',
  'use_cache',
  'initializer_range',
  'attention_dropout',
  'bos_token_id',
  'eos_token_id',
  'pad_token_id',
  'output_router_logits',
  'router_aux_loss_coef',
]

/** Keys of the parts of a model that see or hear, beside a `text_config`: only the text part is taken. */
const OTHER_SENSES = /^(vision|audio)_config$|^(image|video|audio|vision)_(start_|end_)?token_(id|index)$/

/**
 * Reads a config.json key by key and knows which were read: what is left at the end is refused, for it may change the arithmetic. A key may
 * have several names, of transformers 4 and 5; `null` is as good as absent. Methods throw ExpectedError 'config-invalid' {key, reason}.
 */
export class ConfigReader {
  readonly #keys: Map<string, unknown>

  /** @param config parsed JSON; the keys of its `text_config` win over those beside it */
  constructor(config: Json) {
    const text = config['text_config']
    const nested = typeof text === 'object' && text !== null && !Array.isArray(text)
    const outer = nested
      ? Object.entries(config).filter(([key]) => key !== 'text_config' && !OTHER_SENSES.test(key))
      : Object.entries(config)
    this.#keys = new Map([...outer, ...(nested ? Object.entries(text) : [])])
    this.ignore(...HARMLESS)
  }

  /** The value of a key under any of its names, and the name it was found under; both names with two values are refused. */
  take(...names: readonly [string, ...string[]]): { readonly key: string; readonly value: unknown } {
    const found = names.map((key) => ({ key, value: this.#keys.get(key) })).filter(({ value }) => value !== undefined && value !== null)
    for (const key of names) this.#keys.delete(key)
    const [first, ...others] = found
    if (first === undefined) return { key: names[0], value: undefined }
    const other = others.find(({ value }) => JSON.stringify(value) !== JSON.stringify(first.value))
    if (other !== undefined) throw invalid(names[0], { reason: 'differs', other: other.key === names[0] ? first.key : other.key })
    return first
  }

  /** Puts a key in place of what was taken. */
  put(key: string, value: unknown): void {
    this.#keys.set(key, value)
  }

  /** A whole number from 1 to `most`. */
  count(names: string | readonly [string, ...string[]], most: number, fallback?: number): number {
    const { key, value } = this.take(...namesOf(names))
    const number = value ?? fallback
    if (typeof number !== 'number' || !Number.isInteger(number) || number < 1 || number > most)
      throw invalid(key, number === undefined ? { reason: 'absent' } : { reason: 'no-count', least: 1, most })
    return number
  }

  /** The same, or 0 where the key says 0 or is absent. */
  countOrNone(names: string | readonly [string, ...string[]], most: number): number {
    const list = namesOf(names)
    const zero = list.find((key) => this.#keys.get(key) === 0)
    if (zero !== undefined) this.#keys.delete(zero)
    return list.some((key) => this.has(key)) ? this.count(names, most) : 0
  }

  /** A finite number above 0. */
  positive(names: string | readonly [string, ...string[]], fallback?: number): number {
    const { key, value } = this.take(...namesOf(names))
    const number = value ?? fallback
    if (typeof number !== 'number' || !Number.isFinite(number) || number <= 0)
      throw invalid(key, { reason: number === undefined ? 'absent' : 'not-positive' })
    return number
  }

  flag(names: string | readonly [string, ...string[]], fallback?: boolean): boolean {
    const { key, value } = this.take(...namesOf(names))
    const flag = value ?? fallback
    if (typeof flag !== 'boolean') throw invalid(key, { reason: flag === undefined ? 'absent' : 'no-flag' })
    return flag
  }

  /** A list, or null where there is none. */
  list(key: string): readonly unknown[] | null {
    const { value } = this.take(key)
    if (value === undefined) return null
    if (!Array.isArray(value)) throw unsupported(key, value)
    return value as unknown[]
  }

  /** A key that may only hold these values, or be absent: anything else changes the arithmetic in a way that is not implemented. */
  only(key: string, ...allowed: readonly unknown[]): void {
    const value = this.#keys.get(key)
    this.#keys.delete(key)
    if (value !== undefined && value !== null && !allowed.some((one) => JSON.stringify(one) === JSON.stringify(value)))
      throw unsupported(key, value)
  }

  /** Keys that say nothing about the arithmetic here. */
  ignore(...keys: readonly string[]): void {
    for (const key of keys) this.#keys.delete(key)
  }

  has(key: string): boolean {
    const value = this.#keys.get(key)
    return value !== undefined && value !== null
  }

  /** Throws ExpectedError 'config-key-unsupported' {key, value} for a key that nobody has read. */
  end(): void {
    for (const [key, value] of this.#keys) if (value !== null) throw unsupported(key, value)
  }
}

function namesOf(names: string | readonly [string, ...string[]]): readonly [string, ...string[]] {
  return typeof names === 'string' ? [names] : names
}

/** A key whose value no model of its family can have. */
export function invalid(key: string, because: Because<FamilyReason>): ExpectedError {
  return new ExpectedError('config-invalid', { key, ...because })
}

/** A key, or a value of it, that Whittle does not implement. */
export function unsupported(key: string, value: unknown): ExpectedError {
  return new ExpectedError('config-key-unsupported', { key, value })
}
