import { reasonIn, saidIn, sentence } from '../../because.ts'
import type { ErrorFacts } from '../../error-facts.ts'
import { REASONS } from '../reasons.ts'

/** Why, as a sentence: the reason's words, else what another program said, quoted, else the fallback. */
export function because(f: ErrorFacts, fallback: string): string {
  const reason = reasonIn(REASONS, f)
  if (reason !== null) return sentence(reason)
  const said = saidIn(f)
  return said === null ? fallback : `Die Meldung dazu: „${said}“.`
}

/** Why, as a clause, without what others said. */
export function clause(f: ErrorFacts, fallback: string): string {
  return reasonIn(REASONS, f) ?? fallback
}
