import type * as z from 'zod'
import type { SettingReason } from './error-details.ts'
import type { Because } from './reasons.ts'

/** What is wrong with a value, as a reason with its facts: at least 16, a whole number. */
export function issueFacts(issue: z.core.$ZodIssue | undefined): Because<SettingReason> {
  switch (issue?.code) {
    case 'too_small':
      if (!isNumber(issue.origin)) return { reason: 'not-empty' }
      return { reason: issue.inclusive === false ? 'more-than' : 'at-least', limit: String(issue.minimum) }
    case 'too_big':
      if (!isNumber(issue.origin)) return { reason: 'text-long' }
      return { reason: issue.inclusive === false ? 'less-than' : 'at-most', limit: String(issue.maximum) }
    case 'invalid_value':
      return { reason: 'one-of', values: issue.values.map(String) }
    case 'invalid_type':
      return { reason: TYPES[issue.expected] ?? 'not-allowed' }
    default:
      return { reason: 'not-allowed' }
  }
}

const isNumber = (origin: string): boolean => origin === 'number' || origin === 'int'

const TYPES: Readonly<Record<string, 'whole-number' | 'number' | 'true-or-false' | 'text'>> = {
  int: 'whole-number',
  number: 'number',
  boolean: 'true-or-false',
  string: 'text',
}
