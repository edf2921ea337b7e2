import type { ErrorShape } from '../../src-main/contract/error-shape.ts'
import { errorFacts } from './error-facts.ts'
import type { ErrorCatalog, ErrorWords } from './error-words.ts'
import { sayings } from './sayings.ts'

/** What an error says on screen: what happened, why, and what to do. Codes unknown to this version read as internal. */
export function errorWords(error: ErrorShape): { what: string; why: string; remedy: string } {
  const { what, why, remedy } = wordsOf(error.code)
  const facts = errorFacts(error.details)
  return {
    what: typeof what === 'string' ? what : what(facts),
    why: why(facts),
    remedy: typeof remedy === 'string' ? remedy : remedy(facts),
  }
}

function wordsOf(code: string): ErrorWords {
  const catalog = sayings().errors
  return Object.hasOwn(catalog, code) ? catalog[code as keyof ErrorCatalog] : catalog.internal
}
