/** What calibration knows of one expert of a layer (Mixture Compressor, arXiv 2410.06270). */
export interface ExpertSignificance {
  /** phi = n / N: the share of tokens that select the expert. */
  readonly frequency: number
  /** w = (1 / N) sum of g(x): the mean gate, zero where not selected. */
  readonly weight: number
  /** eps by width in bits: the Frobenius norm of what the layer's output loses when only this expert is stored at that width. */
  readonly errors: Readonly<Record<number, number>>
}

/** The exponents of phi, w and eps. */
export interface PmqExponents {
  readonly alpha: number
  readonly beta: number
  readonly gamma: number
}

/** The paper's. Its repository raises eps to alpha instead of gamma; the paper's text, followed here, does not. */
export const PAPER_EXPONENTS: PmqExponents = { alpha: 1, beta: 1.5, gamma: 2 }

/**
 * phi^alpha w^beta eps^gamma per expert and width, phi and w scaled to sum 1 over the layer. (experts, widths)
 * Every expert needs an error at every width: {@link fillUnmeasured} first.
 */
export function expertCosts(experts: readonly ExpertSignificance[], widths: readonly number[], exponents: PmqExponents): number[][] {
  const frequencies = shares(experts.map((expert) => expert.frequency))
  const weights = shares(experts.map((expert) => expert.weight))
  return experts.map(({ errors }, index) => {
    const importance = (frequencies[index] as number) ** exponents.alpha * (weights[index] as number) ** exponents.beta
    return widths.map((width) => importance * errorAt(errors, width, index) ** exponents.gamma)
  })
}

/** The costs of {@link expertCosts} added up over the experts that one tensor holds, per type; errors by the type's index. (types) */
export function tensorCost(experts: readonly ExpertSignificance[], types: number, exponents: PmqExponents): number[] {
  const options = Array.from({ length: types }, (_, type) => type)
  const costs = expertCosts(experts, options, exponents)
  return options.map((type) => costs.reduce((sum, row) => sum + (row[type] as number), 0))
}

function errorAt(errors: Readonly<Record<number, number>>, width: number, index: number): number {
  const error = errors[width]
  if (error === undefined || !Number.isFinite(error) || error < 0) throw new Error(`expert ${index} has no error at ${width}`)
  return error
}

/** Scaled to sum 1; all alike where nothing was seen at all. */
function shares(values: readonly number[]): number[] {
  const sum = values.reduce((total, value) => total + value, 0)
  return values.map((value) => (sum > 0 ? value / sum : 1 / values.length))
}

/** The layer with every expert given an error at every width, and which of them no token was routed to. */
export interface FilledLayer {
  readonly experts: readonly ExpertSignificance[]
  /** Indices of experts whose error was not measured: to be reported. */
  readonly unmeasured: readonly number[]
}

/**
 * Experts that saw no token (frequency 0) have no output error: theirs is taken as the error of their weights, ||W - Q(W)||_F, times the
 * layer's median ratio of output error to weight error at that width (1 where the whole layer saw nothing). Ours: they count as seen by
 * half a token of `tokens`, at the layer's mean gate. With the formula's 0 their cost would vanish at every width, and any width would do.
 * `weightErrors`: per expert, by width.
 */
export function fillUnmeasured(
  experts: readonly ExpertSignificance[],
  weightErrors: readonly Readonly<Record<number, number>>[],
  widths: readonly number[],
  tokens: number,
): FilledLayer {
  const seen = experts.flatMap((expert, index) => (expert.frequency > 0 ? [index] : []))
  const unmeasured = experts.flatMap((expert, index) => (expert.frequency > 0 ? [] : [index]))
  const ratios = new Map(
    widths.map((width) => {
      const found = seen.map((index) => (experts[index]?.errors[width] ?? NaN) / (weightErrors[index]?.[width] ?? NaN))
      return [width, median(found.filter(Number.isFinite))]
    }),
  )
  const total = (part: 'frequency' | 'weight'): number => experts.reduce((sum, expert) => sum + expert[part], 0)
  const frequency = 0.5 / Math.max(1, tokens)
  const weight = total('frequency') > 0 ? (frequency * total('weight')) / total('frequency') : frequency
  const filled = experts.map((expert, index): ExpertSignificance => {
    if (expert.frequency > 0) return expert
    const errors = widths.map((width) => [width, errorAt(weightErrors[index] ?? {}, width, index) * (ratios.get(width) ?? 1)] as const)
    return { frequency, weight, errors: Object.fromEntries(errors) }
  })
  return { experts: filled, unmeasured }
}

/** 1 for an empty list. */
function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const upper = sorted[sorted.length >> 1] ?? 1
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[(sorted.length >> 1) - 1] ?? 1)) / 2
}
