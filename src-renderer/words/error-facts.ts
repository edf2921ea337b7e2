import { t } from '../locales/i18n.ts'
import { count, decimal, fileSize, percent } from './numbers.ts'

/** The facts an error carries, read safely: the wire promises only that they are a record. */
export interface ErrorFacts {
  /** The value as text, or the fallback when it is absent. */
  text(key: string, fallback: string): string
  /** The first present of several names for the same fact. */
  either(keys: readonly string[], fallback: string): string
  number(key: string): number | null
  size(key: string, fallback: string): string
  /** The facts of a nested record; null when there is none. */
  part(key: string): ErrorFacts | null
  /** The texts in a list; empty when there is none. */
  list(key: string): string[]
  /** The facts of each record in a list; empty when there is none. */
  parts(key: string): ErrorFacts[]
}

/** The facts in an error's details. */
export function errorFacts(details: Readonly<Record<string, unknown>>): ErrorFacts {
  const number = (key: string): number | null => {
    const value = details[key]
    return typeof value === 'number' && Number.isFinite(value) ? value : null
  }
  const either = (keys: readonly string[], fallback: string): string => {
    for (const key of keys) {
      const value = inWords(details[key])
      if (value !== '') return value
    }
    return fallback
  }
  return {
    number,
    either,
    text: (key, fallback) => either([key], fallback),
    size: (key, fallback) => {
      const value = number(key)
      return value === null ? fallback : fileSize(value)
    },
    part: (key) => (isRecord(details[key]) ? errorFacts(details[key]) : null),
    list: (key) => {
      const list = details[key]
      return Array.isArray(list) ? list.filter((each) => typeof each === 'string') : []
    },
    parts: (key) => {
      const list = details[key]
      return Array.isArray(list) ? list.filter(isRecord).map(errorFacts) : []
    },
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function inWords(value: unknown): string {
  if (typeof value === 'string') return value
  if (typeof value === 'number')
    return Number.isInteger(value) ? count(value) : value > 0 && value < 1 ? percent(value, 1) : decimal(value, 6)
  if (typeof value === 'boolean') return t(value ? 'words.yes' : 'words.no')
  if (Array.isArray(value))
    return (
      value
        .slice(0, 5)
        .map((each) => inWords(each))
        .join(', ') + (value.length > 5 ? ', …' : '')
    )
  return value === null || value === undefined ? '' : JSON.stringify(value)
}
