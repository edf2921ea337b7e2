import { ENGLISH_LOG, lineText, type LogLine, type LogWords } from '../../src-main/contract/log-lines.ts'
import { ENGLISH_NOTES, noteText, type PlanNote, type NoteWords } from '../../src-main/contract/notes.ts'
import { REASONS, type ReasonWords, type Told } from '../../src-main/contract/reasons.ts'
import type { Language } from '../../src-main/contract/settings.ts'
import { ENGLISH_ERRORS } from './en/errors/english-errors.ts'
import { language, setLanguage } from '../locales/i18n.ts'
import { reasonIn, saidIn } from './because.ts'
import { errorFacts } from './error-facts.ts'
import type { ErrorCatalog } from './error-words.ts'
import type { MethodWords } from './methods.ts'

/** What a language says of the facts that the core tells. */
export interface Sayings {
  readonly errors: ErrorCatalog
  readonly reasons: ReasonWords
  readonly notes: NoteWords
  readonly log: LogWords
  /** Null for English, which methods speak themselves. */
  readonly methods: MethodWords | null
}

const ENGLISH: Sayings = { errors: ENGLISH_ERRORS, reasons: REASONS, notes: ENGLISH_NOTES, log: ENGLISH_LOG, methods: null }
const catalogs: Partial<Record<Language, Sayings>> = { en: ENGLISH }

/** Switches everything on screen to a language: first its sentences about facts, which are functions, then all the rest. */
export async function speak(chosen: Language): Promise<void> {
  if (chosen === 'de') catalogs.de ??= (await import('./de/sayings.ts')).GERMAN
  await setLanguage(chosen)
}

/** Those of the language chosen now; reactive like `t`. */
export function sayings(): Sayings {
  return catalogs[language()] ?? ENGLISH
}

/** A plan's note as a sentence. */
export function noteWords(note: PlanNote): string {
  return noteText(note, sayings().notes)
}

/** A line of a job's log. */
export function lineWords(line: LogLine): string {
  return lineText(line, sayings().log)
}

/** Why something is missing, as a clause; null where nothing is known. */
export function whyWords(told: Told): string | null {
  const facts = errorFacts(told)
  return reasonIn(sayings().reasons, facts) ?? saidIn(facts)
}
