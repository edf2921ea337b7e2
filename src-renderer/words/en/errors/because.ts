import { REASONS } from '../../../../src-main/contract/reasons.ts'
import { reasonIn, saidIn, sentence } from '../../because.ts'
import type { ErrorFacts } from '../../error-facts.ts'

/** Why, as a clause: the reason's words, else what another program said, else the fallback. */
export function clause(f: ErrorFacts, fallback: string): string {
  return reasonIn(REASONS, f) ?? saidIn(f) ?? fallback
}

/** The same as a sentence of its own. */
export function because(f: ErrorFacts, fallback: string): string {
  return sentence(clause(f, fallback))
}
