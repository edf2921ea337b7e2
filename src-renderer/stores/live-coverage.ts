/** An expert that saw fewer tokens than this is called cold. */
export const COLD_BELOW = 64

/**
 * Tokens routed to each expert by layer, as they come. Mutable and large: nothing here is reactive. A painter listens and asks which
 * rows changed; pages watch a revision beside it that is raised a few times a second.
 */
export interface LiveCoverage {
  readonly rows: Map<number, readonly number[]>
  /** How often each layer was told. */
  readonly revisions: Map<number, number>
  /** Experts told of so far, and how many of them saw enough tokens. */
  experts: number
  warm: number
  readonly listeners: Set<() => void>
}

export function newCoverage(): LiveCoverage {
  return { rows: new Map(), revisions: new Map(), experts: 0, warm: 0, listeners: new Set() }
}

/** Takes one layer's counts in, and tells the painters. */
export function cover(coverage: LiveCoverage, layer: number, tokens: readonly number[]): void {
  const before = coverage.rows.get(layer)
  coverage.experts += tokens.length - (before?.length ?? 0)
  coverage.warm += warmOf(tokens) - (before ? warmOf(before) : 0)
  coverage.rows.set(layer, tokens)
  coverage.revisions.set(layer, (coverage.revisions.get(layer) ?? 0) + 1)
  for (const listener of coverage.listeners) listener()
}

function warmOf(tokens: readonly number[]): number {
  let warm = 0
  for (const each of tokens) if (each >= COLD_BELOW) warm += 1
  return warm
}
