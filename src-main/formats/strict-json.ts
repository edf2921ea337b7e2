/** Why a JSON text is refused before, or while, it is parsed. */
export class JsonRefused extends Error {
  override readonly name = 'JsonRefused'
}

/**
 * Parses JSON from an untrusted file: valid UTF-8, no key twice in one object, no nesting deeper than `maxDepth`.
 * Throws JsonRefused with the reason. A `__proto__` key becomes an ordinary property, as JSON.parse makes it.
 */
export function parseStrictJson(bytes: Uint8Array, maxDepth: number): unknown {
  const text = decodeUtf8(bytes)
  refuseRepeatsAndDepth(text, maxDepth)
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new JsonRefused(error instanceof Error ? error.message : 'not JSON', { cause: error })
  }
}

/** A value takes up to 60 bytes where its text takes three. The largest tokenizers in use have two million, by their commas, colons and brackets. */
const MOST_VALUES = 6_000_000

/**
 * Parses JSON that may be large (a tokenizer has millions of brackets and keys): nesting and the number of values are bounded before anything is
 * made of them, repeated keys are not looked for. Throws JsonRefused.
 */
export function parseBoundedJson(text: string, maxDepth: number): unknown {
  let depth = 0
  let values = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) at = endOfString(text, at) - 1
    else if (code === OPEN_BRACE || code === OPEN_BRACKET) {
      if (++depth > maxDepth) throw new JsonRefused(`nested deeper than ${maxDepth}`)
      values++
    } else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) depth--
    else if (code === COMMA || code === COLON) values++
    if (values > MOST_VALUES) throw new JsonRefused(`has more than ${MOST_VALUES} values`)
  }
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new JsonRefused(error instanceof Error ? error.message : 'not JSON', { cause: error })
  }
}

const [QUOTE, COMMA, COLON, OPEN_BRACE, CLOSE_BRACE, OPEN_BRACKET, CLOSE_BRACKET] = [0x22, 0x2c, 0x3a, 0x7b, 0x7d, 0x5b, 0x5d]

/** Whether a parsed JSON value is an object (not an array, not null). */
export function isJsonObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (error) {
    throw new JsonRefused('not valid UTF-8', { cause: error })
  }
}

/** Walks the text once. Malformed JSON may pass here; JSON.parse refuses it afterwards. */
function refuseRepeatsAndDepth(text: string, maxDepth: number): void {
  const open: (Set<string> | null)[] = [] // keys seen in each open object; null for an array
  for (let at = 0; at < text.length; at++) {
    const character = text[at]
    if (character === '{' || character === '[') {
      if (open.length === maxDepth) throw new JsonRefused(`nested deeper than ${maxDepth}`)
      open.push(character === '{' ? new Set() : null)
    } else if (character === '}' || character === ']') {
      open.pop()
    } else if (character === '"') {
      const end = endOfString(text, at)
      const keys = open.at(-1)
      if (keys && isFollowedByColon(text, end)) {
        const key = unescape(text.slice(at, end))
        if (keys.has(key)) throw new JsonRefused(`key ${JSON.stringify(key)} appears twice`)
        keys.add(key)
      }
      at = end - 1
    }
  }
}

/** Index after the closing quote of the string that starts at `start`. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === '\\') at++
    else if (text[at] === '"') return at + 1
  }
  throw new JsonRefused('a string does not end')
}

function isFollowedByColon(text: string, from: number): boolean {
  let at = from
  while (text[at] === ' ' || text[at] === '\n' || text[at] === '\r' || text[at] === '\t') at++
  return text[at] === ':'
}

function unescape(quoted: string): string {
  if (!quoted.includes('\\')) return quoted.slice(1, -1)
  try {
    return String(JSON.parse(quoted))
  } catch (error) {
    throw new JsonRefused('a key is not a JSON string', { cause: error })
  }
}
