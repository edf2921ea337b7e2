import type { Sayings } from '../sayings.ts'
import { GERMAN_ERRORS } from './errors/german-errors.ts'
import { LOG } from './log-lines.ts'
import { METHODS } from './methods.ts'
import { NOTES } from './notes.ts'
import { REASONS } from './reasons.ts'

/** What is said of facts, in German. */
export const GERMAN: Sayings = { errors: GERMAN_ERRORS, reasons: REASONS, notes: NOTES, log: LOG, methods: METHODS }
