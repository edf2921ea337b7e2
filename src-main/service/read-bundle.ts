import * as z from 'zod'
import { Bundle, BUNDLE_LIMITS } from '../contract/bundle.ts'
import { ExpectedError } from '../contract/errors.ts'
import { issueWords } from '../contract/issue-words.ts'
import { toBaseNames } from './base-names.ts'

/** Names that mean something to every object: no field of ours has them. */
const FORBIDDEN: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype'])

/** Deeper than any run of ours. */
const MAX_DEPTH = 64

/** More finished parts than any model has layers. */
const MAX_JOURNAL = 10_000

/** What a run must be beyond its schema, for it is sorted by its times and addressed by its id. */
const Brought = z.object({
  summary: z.object({ id: z.string().regex(/^[\w-]{1,64}$/), createdAt: z.iso.datetime(), updatedAt: z.iso.datetime() }),
  journal: z.array(z.unknown()).max(MAX_JOURNAL),
})

/** Reads what somebody gave for a bundle: text or JSON, from anywhere. @throws ExpectedError 'bundle-invalid' with a `reason` in words */
export function readBundle(given: unknown): Bundle {
  const value = typeof given === 'string' ? parseText(given) : given
  checkNodes(value)
  const version = z.object({ whittleBundle: z.number() }).safeParse(value)
  if (!version.success) throw invalid('it is no bundle of runs')
  if (version.data.whittleBundle > 1) throw invalid('it was made by a newer version of Whittle')
  const bundle = parse(Bundle, value)
  for (const [i, run] of bundle.runs.entries()) parse(Brought, run.detail, ['runs', i, 'detail'])
  // Whoever made it: no path in it may name anything on this machine.
  return { ...bundle, runs: bundle.runs.map(({ detail, maps }) => ({ detail: toBaseNames(detail, []), maps })) }
}

function parseText(text: string): unknown {
  if (text.length > BUNDLE_LIMITS.bytes) throw tooLarge()
  try {
    return JSON.parse(text)
  } catch (error) {
    throw invalid('it is not JSON', error)
  }
}

function parse<T>(schema: z.ZodType<T>, value: unknown, at: readonly (string | number)[] = []): T {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw invalid(issue === undefined ? 'it is no bundle of runs' : `${[...at, ...issue.path].map(String).join('.')}: ${issueWords(issue)}`)
}

/** Every part of the value, one after the other and not by recursion, which depth could break. */
function checkNodes(root: unknown): void {
  const open: { value: unknown; depth: number }[] = [{ value: root, depth: 0 }]
  let size = 0
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { value, depth } = next
    size += typeof value === 'string' ? value.length : 1
    if (size > BUNDLE_LIMITS.bytes) throw tooLarge()
    if (typeof value !== 'object' || value === null) continue
    if (depth >= MAX_DEPTH) throw invalid('it is nested too deeply')
    const keys = Object.keys(value)
    const forbidden = Array.isArray(value) ? undefined : keys.find((key) => FORBIDDEN.has(key))
    if (forbidden !== undefined) throw invalid(`it has a field named ${forbidden}`)
    for (const item of Object.values(value)) open.push({ value: item, depth: depth + 1 })
  }
}

function invalid(reason: string, cause?: unknown): ExpectedError {
  return new ExpectedError('bundle-invalid', { reason }, { cause })
}

function tooLarge(): ExpectedError {
  return invalid(`it is larger than ${BUNDLE_LIMITS.bytes / 2 ** 20} MiB`)
}
