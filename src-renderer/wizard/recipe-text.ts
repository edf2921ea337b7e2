import * as z from 'zod'
import { Recipe } from '../../src-main/contract/recipe.ts'
import { t } from '../locales/i18n.ts'

/** A recipe as somebody typed it: what it is, or what is wrong with it, in words. */
type ReadRecipe =
  { readonly recipe: Recipe; readonly problems: readonly [] } | { readonly recipe: null; readonly problems: readonly string[] }

/** Settings that don't exist are mistakes of typing here; elsewhere the schema passes over them. */
const Exact = z.strictObject(Recipe.shape)

/** Reads a recipe from text. `methods`: the ids there are. */
export function readRecipe(text: string, methods: readonly string[]): ReadRecipe {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    return { recipe: null, problems: [t('method.issue-json', { problem: error instanceof Error ? error.message : String(error) })] }
  }
  const parsed = Exact.safeParse(value)
  if (!parsed.success) return { recipe: null, problems: parsed.error.issues.flatMap((issue) => issueLines(issue)) }
  if (methods.includes(parsed.data.method)) return { recipe: parsed.data, problems: [] }
  return { recipe: null, problems: [at('method', t('method.issue-method', { values: methods.join(', ') }))] }
}

const at = (setting: string, problem: string): string => (setting === '' ? problem : t('method.issue-at', { setting, problem }))

function issueLines(issue: z.core.$ZodIssue): string[] {
  const setting = issue.path.join('.')
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => at([...issue.path, key].join('.'), t('method.issue-unknown')))
  return [at(setting, issueWords(issue))]
}

const TYPES = {
  int: 'method.issue-int',
  number: 'method.issue-number',
  boolean: 'method.issue-boolean',
  string: 'method.issue-string',
  object: 'method.issue-object',
  record: 'method.issue-object',
} as const

function issueWords(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'too_small':
      return issue.origin === 'number' || issue.origin === 'int'
        ? t(issue.inclusive === false ? 'method.issue-more' : 'method.issue-least', { least: String(issue.minimum) })
        : t('method.issue-empty')
    case 'too_big':
      return t(issue.inclusive === false ? 'method.issue-less' : 'method.issue-most', { most: String(issue.maximum) })
    case 'invalid_value':
      return t('method.issue-oneOf', { values: issue.values.map(String).join(', ') })
    case 'invalid_union':
      return t('method.issue-oneOf', { values: unionValues(issue) })
    case 'invalid_type': {
      if (issue.message.endsWith('received undefined')) return t('method.issue-required')
      return Object.hasOwn(TYPES, issue.expected) ? t(TYPES[issue.expected as keyof typeof TYPES]) : issue.message
    }
    default:
      return issue.message
  }
}

/** What may stand where a union told its members apart by one field. */
function unionValues(issue: z.core.$ZodIssueInvalidUnion): string {
  return 'options' in issue && Array.isArray(issue.options) ? issue.options.map(String).join(', ') : issue.message
}
