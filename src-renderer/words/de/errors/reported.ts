import type { ErrorFacts } from '../../error-facts.ts'

/** What the engine reports in its own words, which are English; the fallback where it says nothing. */
export function reported(f: ErrorFacts, keys: readonly string[], fallback: string): string {
  const text = f.either(keys, '')
  return text === '' ? fallback : `Die Meldung dazu: „${text.replace(/\.$/, '')}“.`
}
