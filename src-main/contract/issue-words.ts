import type * as z from 'zod'

/** What is wrong with a value, for somebody who never heard of a schema: "must be at least 16". */
export function issueWords(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'too_small':
      return issue.origin === 'number'
        ? `must be ${issue.inclusive === true ? 'at least' : 'more than'} ${issue.minimum}`
        : 'must not be empty'
    case 'too_big':
      return issue.origin === 'number' ? `must be ${issue.inclusive === true ? 'at most' : 'less than'} ${issue.maximum}` : 'is too long'
    case 'invalid_value':
      return `must be one of ${issue.values.map(String).join(', ')}`
    case 'invalid_type':
      return TYPES[issue.expected] ?? issue.message
    default:
      return issue.message
  }
}

const TYPES: Readonly<Record<string, string>> = {
  int: 'must be a whole number',
  number: 'must be a number',
  boolean: 'must be true or false',
  string: 'must be a text',
}
