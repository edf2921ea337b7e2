import * as z from 'zod'
import { Bundle, BUNDLE_LIMITS } from '../contract/bundle.ts'
import type { ErrorDetails } from '../contract/error-details.ts'
import { ExpectedError } from '../contract/errors.ts'
import { issueFacts } from '../contract/issue-facts.ts'
import { upgradePlan, upgradeReport } from '../store/old-versions.ts'
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

const Outline = z.looseObject({ runs: z.array(z.looseObject({ detail: z.looseObject({ plan: z.unknown(), report: z.unknown() }) })) })

/** Reads what somebody gave for a bundle: text or JSON, from anywhere. @throws ExpectedError 'bundle-invalid' with a reason */
export function readBundle(given: unknown): Bundle {
  const value = typeof given === 'string' ? parseText(given) : given
  checkNodes(value)
  const version = z.object({ whittleBundle: z.number() }).safeParse(value)
  if (!version.success) throw invalid({ reason: 'not-a-bundle' })
  if (version.data.whittleBundle > 1) throw invalid({ reason: 'newer-version' })
  const bundle = parse(Bundle, upgraded(value))
  for (const [i, run] of bundle.runs.entries()) parse(Brought, run.detail, ['runs', i, 'detail'])
  // Whoever made it: no path in it may name anything on this machine.
  return { ...bundle, runs: bundle.runs.map(({ detail, maps }) => ({ detail: toBaseNames(detail, []), maps })) }
}

/** With the plans and reports of older versions as today's. */
function upgraded(value: unknown): unknown {
  const found = Outline.safeParse(value)
  if (!found.success) return value
  const runs = found.data.runs.map(({ detail, ...run }) => ({
    ...run,
    detail: { ...detail, plan: upgradePlan(detail.plan), report: upgradeReport(detail.report) },
  }))
  return { ...found.data, runs }
}

function parseText(text: string): unknown {
  if (text.length > BUNDLE_LIMITS.bytes) throw tooLarge()
  try {
    return JSON.parse(text)
  } catch (error) {
    throw invalid({ reason: 'not-json' }, error)
  }
}

function parse<T>(schema: z.ZodType<T>, value: unknown, at: readonly (string | number)[] = []): T {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  if (issue === undefined) throw invalid({ reason: 'not-a-bundle' })
  throw invalid({ at: [...at, ...issue.path].map(String).join('.'), problem: issueFacts(issue) })
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
    if (depth >= MAX_DEPTH) throw invalid({ reason: 'json-depth', most: MAX_DEPTH })
    const keys = Object.keys(value)
    const forbidden = Array.isArray(value) ? undefined : keys.find((key) => FORBIDDEN.has(key))
    if (forbidden !== undefined) throw invalid({ reason: 'forbidden-field', field: forbidden })
    for (const item of Object.values(value)) open.push({ value: item, depth: depth + 1 })
  }
}

function invalid(why: ErrorDetails['bundle-invalid'], cause?: unknown): ExpectedError {
  return new ExpectedError('bundle-invalid', why, { cause })
}

function tooLarge(): ExpectedError {
  return invalid({ reason: 'bundle-large', mebibytes: BUNDLE_LIMITS.bytes / 2 ** 20 })
}
