import type { Router } from '../architectures/architecture.ts'
import { ExpectedError } from '../contract/errors.ts'

/** Which experts each token goes to, and how much each counts. Experts of a token by falling probability. */
export interface Routing {
  readonly expertsPerToken: number
  readonly chosen: Int32Array // (tokens, expertsPerToken)
  readonly gates: Float32Array // (tokens, expertsPerToken)
  /** Experts of each token that run, the first of its chosen ones; the others' gates are 0. Absent: all run. (tokens) */
  readonly kept?: Uint16Array | undefined
}

/** The same, seen from the experts: expert e has the entries [starts[e], starts[e + 1]). */
export interface ExpertQueues {
  readonly starts: Int32Array // (experts + 1)
  /** Token of each entry, rising within an expert. */
  readonly tokens: Int32Array
  readonly gates: Float32Array
}

/**
 * An empty routing of `tokens` tokens, to be filled by {@link routeTokens}; when `pruned`, `kept` says that all run until told otherwise.
 */
export function newRouting(tokens: number, expertsPerToken: number, pruned = false): Routing {
  const kept = pruned ? new Uint16Array(tokens).fill(expertsPerToken) : undefined
  return { expertsPerToken, chosen: new Int32Array(tokens * expertsPerToken), gates: new Float32Array(tokens * expertsPerToken), kept }
}

/** How scores become a choice and gates. */
export interface RoutingRule {
  readonly experts: number
  /** Added to the scores in the choice, not in the gates; null: nothing. (experts) */
  readonly bias: Float32Array | null
  readonly groups: Router['groups']
  /** Whether the chosen gates are rescaled to sum 1. */
  readonly normalize: boolean
  /** What all gates are multiplied by in the end. */
  readonly scale: number
}

/**
 * Chooses the best experts of the tokens from `first` on; `probabilities` is (tokens of the batch, experts). A token's experts are kept by
 * falling gate. Equal scores go to the lower expert. Throws ExpectedError('tensor-not-finite') when a probability is not a number.
 */
export function routeTokens(routing: Routing, first: number, probabilities: Float32Array, rule: RoutingRule): void {
  const k = routing.expertsPerToken
  const { experts, bias, groups, normalize, scale } = rule
  const scores = bias === null && groups === null ? null : new Float32Array(experts)
  for (let row = 0; row * experts < probabilities.length; row++) {
    const out = (first + row) * k
    const own = probabilities.subarray(row * experts, (row + 1) * experts)
    if (scores !== null) scoreChoice(scores, own, rule)
    let total = 0
    for (let rank = 0; rank < k; rank++) {
      const best = mostProbable(scores ?? own, routing.chosen.subarray(out, out + rank))
      const probability = own[best] as number
      routing.chosen[out + rank] = best
      routing.gates[out + rank] = probability
      total += probability
    }
    if (bias !== null) sortByGate(routing.chosen.subarray(out, out + k), routing.gates.subarray(out, out + k))
    if (normalize) for (let rank = 0; rank < k; rank++) routing.gates[out + rank] = (routing.gates[out + rank] as number) / total
    if (scale !== 1) for (let rank = 0; rank < k; rank++) routing.gates[out + rank] = (routing.gates[out + rank] as number) * scale
  }
}

/** What the choice goes by: scores with their bias, of the best groups only. */
function scoreChoice(scores: Float32Array, own: Float32Array, { bias, groups, experts }: RoutingRule): void {
  for (let expert = 0; expert < experts; expert++) scores[expert] = (own[expert] as number) + (bias?.[expert] ?? 0)
  if (groups === null) return
  const size = experts / groups.count
  const ranks = Array.from({ length: groups.count }, (_, group) => {
    const sorted = scores
      .slice(group * size, (group + 1) * size)
      .sort()
      .reverse()
    return groups.by === 'best' ? (sorted[0] ?? 0) : (sorted[0] ?? 0) + (sorted[1] ?? 0)
  })
  const order = [...ranks.keys()].sort((a, b) => (ranks[b] as number) - (ranks[a] as number) || a - b)
  for (const group of order.slice(groups.kept)) scores.fill(-Infinity, group * size, (group + 1) * size)
}

function sortByGate(chosen: Int32Array, gates: Float32Array): void {
  const order = [...gates.keys()].sort((a, b) => (gates[b] as number) - (gates[a] as number) || a - b)
  const [oldChosen, oldGates] = [chosen.slice(), gates.slice()]
  order.forEach((from, to) => {
    chosen[to] = oldChosen[from] as number
    gates[to] = oldGates[from] as number
  })
}

/** The expert of the highest probability that is not yet taken. */
function mostProbable(probabilities: Float32Array, taken: Int32Array): number {
  let best = -1
  let highest = -Infinity
  for (let expert = 0; expert < probabilities.length; expert++) {
    const probability = probabilities[expert] as number
    if (probability > highest && !taken.includes(expert)) {
      best = expert
      highest = probability
    }
  }
  if (best < 0) throw new ExpectedError('tensor-not-finite', { where: 'router' })
  return best
}

/** Sorts the routed pairs that run by expert, tokens in their order. */
export function queueByExpert(routing: Routing, experts: number): ExpertQueues {
  const { expertsPerToken, kept } = routing
  const runs = (pair: number): boolean =>
    kept === undefined || pair % expertsPerToken < (kept[Math.floor(pair / expertsPerToken)] as number)
  const starts = new Int32Array(experts + 1)
  routing.chosen.forEach((expert, pair) => {
    if (runs(pair)) starts[expert + 1] = (starts[expert + 1] as number) + 1
  })
  for (let expert = 0; expert < experts; expert++) starts[expert + 1] = (starts[expert + 1] as number) + (starts[expert] as number)
  const next = starts.slice()
  const tokens = new Int32Array(starts[experts] as number)
  const gates = new Float32Array(tokens.length)
  for (let pair = 0; pair < routing.chosen.length; pair++) {
    if (!runs(pair)) continue
    const expert = routing.chosen[pair] as number
    const entry = next[expert] as number
    next[expert] = entry + 1
    tokens[entry] = Math.floor(pair / expertsPerToken)
    gates[entry] = routing.gates[pair] as number
  }
  return { starts, tokens, gates }
}
