import type { JsonReason } from '../contract/error-details.ts'
import { reasonText, type Because } from '../contract/reasons.ts'

/** Why a JSON text is refused before, or while, it is parsed. */
export class JsonRefused extends Error {
  override readonly name = 'JsonRefused'
  readonly because: Because<JsonReason>
  /** Which of the limits it is beyond; null where it is no JSON at all. */
  readonly beyond: 'depth' | 'values' | null
  constructor(
    because: Because<JsonReason>,
    { beyond = null, ...options }: ErrorOptions & { readonly beyond?: JsonRefused['beyond'] } = {},
  ) {
    super(reasonText(because), options)
    this.because = because
    this.beyond = beyond
  }
}

/** What a JSON text may hold: counted before anything is made of it, because a value takes up to 60 bytes where its text takes three. */
export interface JsonLimits {
  /** Levels of nesting. */
  readonly depth: number
  /** Values and keys together. */
  readonly values: number
  /** Keys of an object that is not the outermost; left out = as many as `values`. */
  readonly innerKeys?: number
}

/**
 * Parses JSON from an untrusted file: valid UTF-8, no key twice in one object, within `limits`.
 * Throws JsonRefused with the reason. A `__proto__` key becomes an ordinary property, as JSON.parse makes it.
 */
export function parseStrictJson(bytes: Uint8Array, limits: JsonLimits): unknown {
  const keys = countKeys((at) => bytes[at] ?? 0, bytes.byteLength, limits)
  const text = decodeUtf8(bytes)
  const value = parse(text)
  // Of a key that is there twice, JSON.parse keeps one.
  if (keysWithin(value) !== keys) throw new JsonRefused({ reason: 'json-key-twice', name: JSON.stringify(repeatedKey(text)) })
  return value
}

/** The largest tokenizers in use have two million values. */
const MOST_VALUES = 6_000_000

/**
 * Parses JSON text that may be large: nesting and the number of values are bounded, repeated keys are not looked for. Throws JsonRefused.
 */
export function parseBoundedJson(text: string, depth: number): unknown {
  countKeys((at) => text.charCodeAt(at), text.length, { depth, values: MOST_VALUES })
  return parse(text)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new JsonRefused({ reason: 'not-json' }, { cause: error })
  }
}

const [QUOTE, BACKSLASH, COMMA, COLON, OPEN_BRACE, CLOSE_BRACE, OPEN_BRACKET, CLOSE_BRACKET] = [
  0x22, 0x5c, 0x2c, 0x3a, 0x7b, 0x7d, 0x5b, 0x5d,
]

/**
 * Walks a text once, holding it to `limits` by its brackets, commas and colons; `codeAt` gives its bytes or UTF-16 units. Malformed JSON
 * may pass.
 * @returns how often a key stands in it, equal ones counted each
 */
function countKeys(codeAt: (at: number) => number, length: number, { depth, values, innerKeys = values }: JsonLimits): number {
  const open: number[] = [] // keys so far of what is open
  let [keys, found] = [0, 0]
  for (let at = 0; at < length; at++) {
    const code = codeAt(at)
    if (code === QUOTE) {
      while (++at < length && codeAt(at) !== QUOTE) if (codeAt(at) === BACKSLASH) at++
      if (at >= length) throw new JsonRefused({ reason: 'json-open-string' })
    } else if (code === OPEN_BRACE || code === OPEN_BRACKET) {
      if (open.push(0) > depth) throw new JsonRefused({ reason: 'json-depth', most: depth }, { beyond: 'depth' })
      found++
    } else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) open.pop()
    else if (code === COMMA) found++
    else if (code === COLON) {
      found++
      keys++
      const level = open.length - 1
      const here = (open[level] ?? 0) + 1
      open[level] = here
      if (level > 0 && here > innerKeys) throw new JsonRefused({ reason: 'json-keys', most: innerKeys }, { beyond: 'values' })
    }
    if (found > values) throw new JsonRefused({ reason: 'json-values', most: values }, { beyond: 'values' })
  }
  return keys
}

/** Keys of an object, and of all objects in it. */
function keysWithin(value: unknown): number {
  const left: unknown[] = [value]
  let keys = 0
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    if (typeof next !== 'object' || next === null) continue
    const inner: unknown[] = Object.values(next)
    if (!Array.isArray(next)) keys += inner.length
    for (const one of inner) if (typeof one === 'object') left.push(one)
  }
  return keys
}

/** Whether a parsed JSON value is an object (not an array, not null). */
export function isJsonObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (error) {
    throw new JsonRefused({ reason: 'not-utf8' }, { cause: error })
  }
}

/** The first key that appears twice in one object. */
function repeatedKey(text: string): string | null {
  const open: (Set<string> | null)[] = [] // keys seen in each open object; null for an array
  for (let at = 0; at < text.length; at++) {
    const character = text[at]
    if (character === '{' || character === '[') open.push(character === '{' ? new Set() : null)
    else if (character === '}' || character === ']') open.pop()
    else if (character === '"') {
      const end = endOfString(text, at)
      const keys = open.at(-1)
      if (keys && isFollowedByColon(text, end)) {
        const key = String(parse(text.slice(at, end)))
        if (keys.has(key)) return key
        keys.add(key)
      }
      at = end - 1
    }
  }
  return null
}

/** Index after the closing quote of the string that starts at `start`. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === '\\') at++
    else if (text[at] === '"') return at + 1
  }
  throw new JsonRefused({ reason: 'json-open-string' })
}

function isFollowedByColon(text: string, from: number): boolean {
  let at = from
  while (text[at] === ' ' || text[at] === '\n' || text[at] === '\r' || text[at] === '\t') at++
  return text[at] === ':'
}
