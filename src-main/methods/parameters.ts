import type * as z from 'zod'
import { ExpectedError } from '../contract/errors.ts'
import { issueFacts } from '../contract/issue-facts.ts'

/** The settings a schema makes of raw input, defaults filled in. Throws ExpectedError 'request-invalid' naming what is wrong. */
export function parseParameters<S extends z.ZodObject>(method: string, schema: S, raw: Readonly<Record<string, unknown>>): z.infer<S> {
  const parsed = schema.safeParse(raw)
  if (parsed.success) return parsed.data
  const problems = parsed.error.issues.map((issue) => ({ path: issue.path.join('.'), ...issueFacts(issue) }))
  throw new ExpectedError('request-invalid', { method, problems })
}
