import type { TokenizerReason } from '../contract/error-details.ts'
import { ExpectedError } from '../contract/errors.ts'
import type { Because } from '../contract/reasons.ts'
import type { TokenizerJson } from './tokenizer-files.ts'

/** No vocabulary in use comes near this; a larger id is a damaged file, and lists as long as the largest id would be built of it. */
export const MAX_TOKEN_ID = 4_000_000

/**
 * Ids follow each other but for holes, of which vocabularies in use have some hundred; beside that this many times their number is room
 * enough.
 */
const ID_SPREAD = 4
const ID_ROOM = 65_536

/** The most in use are some six thousand. Each is compared with each token that is decoded. */
const MOST_ADDED = 65_536
/** Letters of all added tokens together: a tree of single letters is built of them. */
const MOST_ADDED_LETTERS = 1 << 20

/** Steps of a normalizer or a decoder; those in use have at most five. */
const MOST_STEPS = 16

/** Steps of a byte-level decoder that take time in proportion to the text, and make no more of it. */
const DECODERS: ReadonlySet<unknown> = new Set(['ByteLevel', 'ByteFallback', 'Fuse', 'Strip'])

type Refuse = (because: Because<TokenizerReason>) => ExpectedError

/**
 * Holds a tokenizer.json to what tokenizers in use have, before any library builds from it: its kind, ids that a list can be counted up to,
 * and steps that end. What cuts text is held to a table of its own, see pre-tokenizer.ts. Throws ExpectedError 'tokenizer-invalid'.
 */
export function checkTokenizer(folder: string, tokenizer: TokenizerJson): void {
  const refuse: Refuse = (because) => new ExpectedError('tokenizer-invalid', { folder, file: 'tokenizer.json', ...because })
  if (tokenizer.model.type !== 'BPE') throw refuse({ reason: 'model-not-bpe', type: String(tokenizer.model.type) })
  checkTokens(tokenizer, refuse)
  stepsOf(tokenizer.normalizer, 'normalizers', 'normalizer', refuse)
  for (const step of stepsOf(tokenizer.decoder, 'decoders', 'decoder', refuse)) checkDecoder(step, refuse)
}

function checkTokens({ model, added_tokens: added }: TokenizerJson, refuse: Refuse): void {
  if (typeof model.vocab !== 'object' || model.vocab === null || Array.isArray(model.vocab)) throw refuse({ reason: 'vocabulary-missing' })
  const entries: [string, unknown][] = Object.entries(model.vocab)
  if (added.length > MOST_ADDED) throw refuse({ reason: 'added-many', most: MOST_ADDED })
  if (added.reduce((sum, { content }) => sum + content.length, 0) > MOST_ADDED_LETTERS)
    throw refuse({ reason: 'added-long', most: MOST_ADDED_LETTERS })
  const most = Math.min(MAX_TOKEN_ID, ID_SPREAD * (entries.length + added.length) + ID_ROOM)
  const check = (token: string, id: unknown): void => {
    // Text that looks like a number would count as one where it is the index of a list.
    if (typeof id !== 'number' || !Number.isInteger(id) || id < 0 || id > most)
      throw refuse({ reason: 'token-id', token, id: typeof id === 'number' ? id : JSON.stringify(id ?? null) })
  }
  for (const [token, id] of entries) check(token, id)
  for (const { content, id } of added) check(content, id)
}

/** A part's steps, one after the other; a part that is not there has none. */
function stepsOf(part: unknown, children: string, name: string, refuse: Refuse): Record<string, unknown>[] {
  const steps: Record<string, unknown>[] = []
  const add = (step: unknown): void => {
    if (typeof step !== 'object' || step === null || Array.isArray(step)) throw refuse({ reason: 'step-no-object', part: name })
    const record: Record<string, unknown> = { ...step }
    if (steps.length === MOST_STEPS) throw refuse({ reason: 'steps-many', part: name, most: MOST_STEPS })
    if (record['type'] !== 'Sequence') return void steps.push(record)
    const inner: unknown = record[children] ?? []
    if (!Array.isArray(inner)) throw refuse({ reason: 'steps-missing', part: name })
    for (const child of inner as readonly unknown[]) add(child)
  }
  if (part !== null && part !== undefined) add(part)
  return steps
}

/** A regular expression is the file's own program, which may run for ever; and what grows a little in each step grows without bound. */
function checkDecoder(step: Record<string, unknown>, refuse: Refuse): void {
  if (DECODERS.has(step['type'])) return
  if (step['type'] !== 'Replace') throw refuse({ reason: 'decoder-step', step: JSON.stringify(step['type'] ?? null).slice(0, 100) })
  const { pattern, content } = step
  if (typeof pattern !== 'object' || pattern === null || !('String' in pattern) || 'Regex' in pattern)
    throw refuse({ reason: 'decoder-expression' })
  const from = pattern.String
  if (typeof from !== 'string' || from === '' || typeof content !== 'string') throw refuse({ reason: 'decoder-no-text' })
  if (content.length > from.length || content.includes('$')) throw refuse({ reason: 'decoder-grows' })
}
