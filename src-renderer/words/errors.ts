import type { ErrorShape } from '../../src-main/contract/error-shape.ts'
import type { ErrorCode } from '../../src-main/contract/errors.ts'
import { errorFacts } from './error-facts.ts'
import { OPEN_ERRORS, type ErrorWords } from './open-errors.ts'
import { RUN_ERRORS } from './run-errors.ts'

/** Words for every code of the contract. */
export const ERROR_WORDS: Readonly<Record<ErrorCode, ErrorWords>> = { ...OPEN_ERRORS, ...RUN_ERRORS }

const CONNECTION_LOST: ErrorWords = {
  what: 'Whittle\'s engine room doesn\'t answer.',
  why: () => 'The program behind this page has stopped or is restarting.',
  remedy: 'Wait a moment; the page reconnects by itself. Otherwise start Whittle again.',
}

const INTERNAL: ErrorWords = {
  what: 'Something went wrong inside Whittle.',
  why: () => 'This is a mistake of ours, not of yours.',
  remedy: 'Try again. If it happens twice, please report it with the details below.',
}

/** What an error says on screen: what happened, why, and what to do. Codes unknown to this version read as internal. */
export function errorWords(error: ErrorShape): { what: string; why: string; remedy: string } {
  const { what, why, remedy } = wordsOf(error.code)
  const facts = errorFacts(error.details)
  return { what: typeof what === 'string' ? what : what(facts), why: why(facts), remedy: typeof remedy === 'string' ? remedy : remedy(facts) }
}

function wordsOf(code: string): ErrorWords {
  if (code === 'connection-lost') return CONNECTION_LOST
  return Object.hasOwn(ERROR_WORDS, code) ? ERROR_WORDS[code as ErrorCode] : INTERNAL
}
