import type { Input } from './input.ts'
import type { Verdict } from './target.ts'

/** An execution: the input itself, or the seed and number it is made from. */
export type Given = { readonly input: Input } | { readonly seed: number; readonly index: number }

/** What the parent asks of a child. Each question has one answer; the next is asked after it. */
export type Question = { readonly kind: 'run' | 'make'; readonly given: Given }

/** How an execution went. */
export interface Execution {
  readonly verdict: Verdict
  readonly milliseconds: number
  /** The most memory the child has taken so far. */
  readonly peakMegabytes: number
}

/** What a child says. */
export type Answer =
  | { readonly kind: 'ready' }
  | { readonly kind: 'unavailable'; readonly reason: string }
  | ({ readonly kind: 'ran' } & Execution)
  | { readonly kind: 'made'; readonly input: Input }
