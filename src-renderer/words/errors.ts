import type { ErrorShape } from '../../src-main/contract/error-shape.ts'
import type { Language } from '../../src-main/contract/settings.ts'
import { ENGLISH_ERRORS } from './en/errors/english-errors.ts'
import { language, setLanguage } from '../locales/i18n.ts'
import { errorFacts } from './error-facts.ts'
import type { ErrorCatalog, ErrorWords } from './error-words.ts'

const catalogs: Partial<Record<Language, ErrorCatalog>> = { en: ENGLISH_ERRORS }

/** Switches everything on screen to a language: first its sentences about errors, which are functions, then all the rest. */
export async function speak(chosen: Language): Promise<void> {
  if (chosen === 'de') catalogs.de ??= (await import('./de/errors/german-errors.ts')).GERMAN_ERRORS
  await setLanguage(chosen)
}

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
  const catalog = catalogs[language()] ?? ENGLISH_ERRORS
  return Object.hasOwn(catalog, code) ? catalog[code as keyof ErrorCatalog] : catalog.internal
}
