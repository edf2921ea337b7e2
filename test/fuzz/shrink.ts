import type { Input } from './input.ts'

/** Whether a smaller input still fails in the same way. */
export type StillFails = (input: Input) => Promise<boolean>

/**
 * The smallest input found that still fails: values taken out of parts that are JSON, stretches of bytes out of all. Stops after
 * `milliseconds`.
 */
export async function shrink(input: Input, stillFails: StillFails, milliseconds: number): Promise<Input> {
  const deadline = Date.now() + milliseconds
  let smallest = input
  for (const part of Object.keys(input)) {
    for (const candidates of [withoutValues, withoutStretches]) {
      smallest = await shrinkPart(smallest, part, candidates, async (candidate) => Date.now() < deadline && (await stillFails(candidate)))
    }
  }
  return smallest
}

type Candidates = (bytes: Uint8Array) => Generator<Uint8Array>

/** Takes the first candidate that fails and begins again with that one, until none does. */
async function shrinkPart(input: Input, part: string, candidates: Candidates, stillFails: StillFails): Promise<Input> {
  for (const bytes of candidates(input[part] ?? new Uint8Array())) {
    const smaller = { ...input, [part]: bytes }
    if (await stillFails(smaller)) return shrinkPart(smaller, part, candidates, stillFails)
  }
  return input
}

/** The text without one stretch: halves first, then quarters, down to one byte of short texts. */
function* withoutStretches(bytes: Uint8Array): Generator<Uint8Array> {
  const shortest = Math.max(1, Math.floor(bytes.length / 64))
  for (let length = bytes.length; length >= shortest; length = Math.floor(length / 2)) {
    for (let at = 0; at < bytes.length; at += length) yield Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)])
  }
}

/** A JSON value without one of its fields or elements, from the outside in; nothing for what is not JSON. */
function* withoutValues(bytes: Uint8Array): Generator<Uint8Array> {
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    return
  }
  for (const smaller of smallerValues(value)) {
    const text = Buffer.from(JSON.stringify(smaller))
    if (text.length < bytes.length) yield text
  }
}

/** Deeper ones have their own text shortened instead. */
const MOST_DEPTH = 32

function* smallerValues(value: unknown, depth = 0): Generator<unknown> {
  if (typeof value !== 'object' || value === null || depth > MOST_DEPTH) return
  const entries = Object.entries(value)
  const rebuilt = (kept: readonly (readonly [string, unknown])[]): unknown =>
    Array.isArray(value) ? kept.map(([, item]) => item) : Object.fromEntries(kept)
  if (Array.isArray(value) && value.length > 3) {
    const half = Math.floor(value.length / 2)
    yield value.slice(0, half)
    yield value.slice(half)
  }
  for (const [key] of entries) yield rebuilt(entries.filter(([other]) => other !== key))
  for (const [key, item] of entries) {
    for (const smaller of smallerValues(item, depth + 1)) yield rebuilt(entries.map((entry) => (entry[0] === key ? [key, smaller] : entry)))
  }
}
