import type { PruningForm } from '../contract/form.ts'
import type { Routing } from '../forward/routing.ts'

/**
 * Where pruning may cut in one layer. A token's prefix share s_m = (g_1 + ... + g_m) / (g_1 + ... + g_k) for m = 1..k-1, gates falling: the
 * token runs 1 + #{m : s_m < tau} experts (forward/pruning.ts), so the tokens of a layer run on average 1 + #{s < tau} / tokens, and tau is
 * an order statistic of all shares pooled.
 */
export interface LayerGates {
  /** s_m of all tokens, rising. (tokens * (k - 1)) */
  readonly shares: Float64Array
  /** ||y' - y|| / ||y|| of the experts' combined output over the tokens, y' pruned at the layer's median. Larger: prune later. */
  readonly sensitivity: number
}

/** The prefix shares of a routing that is not pruned, rising: what {@link LayerGates} holds. Gates may be normalized or not. */
export function prefixShares(routing: Routing): Float64Array {
  const { expertsPerToken: k, gates } = routing
  const shares = new Float64Array((gates.length / k) * (k - 1))
  let entry = 0
  for (let first = 0; first < gates.length; first += k) {
    const total = gates.subarray(first, first + k).reduce((sum, gate) => sum + gate, 0)
    let prefix = 0
    for (let rank = 0; rank < k - 1; rank++) {
      prefix += gates[first + rank] as number
      shares[entry++] = prefix / total
    }
  }
  return shares.sort()
}

/** tau at which `skipped` of the (token, rank) pairs are skipped; equal shares fall together. 1 for none, 0 for all. */
function thresholdSkipping(shares: Float64Array, skipped: number): number {
  if (skipped <= 0) return 1
  const kept = shares.length - skipped
  if (kept <= 0) return 0
  // Between two measured shares, so that no token of the sample depends on rounding.
  return ((shares[kept - 1] as number) + (shares[kept] as number)) / 2
}

/**
 * tau that skips half of what may be skipped in a layer. For k = 2 it is the paper's threshold, 1 / (1 + mu) with mu the median of w_2 /
 * w_1; for more experts it is our reading of it.
 */
export function medianThreshold(shares: Float64Array): number {
  return thresholdSkipping(shares, Math.floor(shares.length / 2))
}

/** Layer numbers, the least sensitive first, the earlier of equals first. */
function bySensitivity(layers: readonly LayerGates[]): number[] {
  return [...layers.keys()].sort((a, b) => (layers[a] as LayerGates).sensitivity - (layers[b] as LayerGates).sensitivity || a - b)
}

/** The authors' form: the median in the `pruned` least sensitive layers (they take 10 of 32), nothing in the others. */
export function pruneAtMedian(layers: readonly LayerGates[], pruned: number, protectedShare: number): PruningForm {
  const chosen = new Set(bySensitivity(layers).slice(0, pruned))
  return { keep: layers.map(({ shares }, layer) => (chosen.has(layer) ? medianThreshold(shares) : 1)), protectedShare }
}

/** What {@link pruneToShare} aims at. */
export interface PruningTarget {
  /** k of the model. */
  readonly expertsPerToken: number
  /** Mean share of the routed experts that still run, over all layers and tokens: 1 / k..1. */
  readonly keptShare: number
  /**
   * Tokens that keep all experts, 0..1. The others are pruned deeper, so that the mean comes out; protected tokens are taken to have gates
   * like all.
   */
  readonly protectedShare: number
}

/**
 * Thresholds that meet a mean over the model. Layers are pruned one after the other, the least sensitive first, each no deeper than its
 * median, as the authors do; where all medians are not enough, every layer skips the same share instead. On the tokens that were measured,
 * and with none protected, the target is met to within one expert of one token (equal shares apart). Throws RangeError when the target is
 * below what one expert per token gives, or above 1.
 */
export function pruneToShare(layers: readonly LayerGates[], target: PruningTarget): PruningForm {
  const { expertsPerToken: k, keptShare, protectedShare } = target
  const skippable = layers.reduce((sum, { shares }) => sum + shares.length, 0)
  const routed = k > 1 ? (skippable * k) / (k - 1) : 0
  const wanted = keptShare >= 1 ? 0 : Math.round(((1 - keptShare) * routed) / (1 - protectedShare))
  if (keptShare > 1 || !(wanted <= skippable) || (keptShare < 1 && skippable === 0)) {
    const least = protectedShare + (1 - protectedShare) / k
    throw new RangeError(`tokens cannot run ${keptShare} of their experts: from ${least} to 1 is possible`)
  }
  const skipped = layers.map(() => 0)
  let left = wanted
  if (wanted <= layers.reduce((sum, { shares }) => sum + Math.floor(shares.length / 2), 0)) {
    for (const layer of bySensitivity(layers)) {
      skipped[layer] = Math.min(left, Math.floor((layers[layer] as LayerGates).shares.length / 2))
      left -= skipped[layer] as number
    }
  } else {
    let pairs = skippable
    layers.forEach(({ shares }, layer) => {
      skipped[layer] = Math.round((left * shares.length) / pairs)
      left -= skipped[layer] as number
      pairs -= shares.length
    })
  }
  return { keep: layers.map(({ shares }, layer) => thresholdSkipping(shares, skipped[layer] as number)), protectedShare }
}
