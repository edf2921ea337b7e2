import type { PruningForm } from '../contract/form.ts'
import type { Routing } from './routing.ts'

/**
 * Online dynamic pruning: a token skips those of its k chosen experts that hardly count. (ODP of MC, arXiv 2410.06270; its rule for k = 2,
 * skip the second where w_2 < mu w_1, is ours with tau = 1 / (1 + mu). For k > 2 the prefix rule is our reconstruction.)
 *
 * Of a token's gates g_1 >= g_2 >= ... >= g_k, as the model made them, the smallest m >= 1 experts run with
 *
 *   g_1 + ... + g_m >= tau_l (g_1 + ... + g_k)            tau_l: `keep` of the layer; sums in float64 over float32 gates
 *
 * and the gates of the m are divided by their sum where the model normalizes gates; else they stay. All k run where tau_l = 1.
 *
 * Protected tokens run all k: of a window of n tokens the ceil(p n) most important, ties to the earlier token (p: `protectedShare`). With
 * p = 0 no token is, with p = 1 every token is. Importance of token j in a layer:
 *
 *   I_j = ||t_j||_1 / (n - j) / heads  *  sum_{h} sum_{i = j}^{n - 1} A_ij^h        j from 0
 *
 * t_j: the router's input vector of the token; A^h: the causal softmax of head h over the window, A_ij what query i gives to key j. So a
 * token counts the mean over the queries that can see it, itself included.
 */
export interface LayerPruning {
  /** tau_l, below 1. */
  readonly keep: number
  /** p, below 1. */
  readonly protectedShare: number
}

/** The pruning of layer `layer`; null when it changes nothing. Throws RangeError when the form lacks the layer. */
export function layerPruning(form: PruningForm | null | undefined, layer: number): LayerPruning | null {
  if (form === null || form === undefined) return null
  const keep = form.keep[layer]
  if (keep === undefined) throw new RangeError(`the pruning of ${form.keep.length} layers has no layer ${layer}`)
  return keep >= 1 || form.protectedShare >= 1 ? null : { keep, protectedShare: form.protectedShare }
}

/** m of the rule above for one token's gates, falling. */
export function keptExperts(gates: Float32Array, keep: number): number {
  if (keep >= 1) return gates.length
  const total = gates.reduce((sum, gate) => sum + gate, 0)
  let prefix = 0
  for (let rank = 0; rank < gates.length; rank++) {
    prefix += gates[rank] as number
    if (prefix >= keep * total) return rank + 1
  }
  return gates.length
}

/** Some windows of one length in the stream, routed but not yet pruned. */
export interface RoutedWindows {
  readonly firstToken: number
  readonly windows: number
  readonly length: number
  /** The router's input of these tokens. (windows * length, hidden) */
  readonly normalized: Float32Array
  /** Attention each token receives, summed over queries and heads: (windows * length); not needed where no token is protected. */
  readonly received: Float32Array | null
  readonly heads: number
}

/**
 * Prunes the routing of some windows, in place. `routing.kept` must be there.
 * @param sum what the gates of a token sum to; null: they are not rescaled
 */
export function pruneWindows(routing: Routing, pruning: LayerPruning, at: RoutedWindows, sum: number | null): void {
  for (let window = 0; window < at.windows; window++) {
    const guarded = protectedTokens(pruning.protectedShare, at, window)
    for (let token = 0; token < at.length; token++) {
      if (guarded[token] === 0) pruneToken(routing, at.firstToken + window * at.length + token, pruning.keep, sum)
    }
  }
}

function pruneToken(routing: Routing, token: number, keep: number, sum: number | null): void {
  const k = routing.expertsPerToken
  const gates = routing.gates.subarray(token * k, (token + 1) * k)
  const count = keptExperts(gates, keep)
  if (count === k) return
  if (routing.kept === undefined) throw new Error('the routing has no place for what is kept')
  routing.kept[token] = count
  gates.fill(0, count)
  if (sum === null) return
  const total = gates.reduce((sum, gate) => sum + gate, 0)
  for (let rank = 0; rank < count; rank++) gates[rank] = ((gates[rank] as number) / total) * sum
}

/** 1 for each protected token of a window. (length) */
function protectedTokens(share: number, at: RoutedWindows, window: number): Uint8Array {
  const guarded = new Uint8Array(at.length)
  if (share === 0) return guarded
  const importance = windowImportance(at, window)
  const ranked = [...importance.keys()].sort((a, b) => (importance[b] as number) - (importance[a] as number) || a - b)
  for (const token of ranked.slice(0, Math.ceil(share * at.length))) guarded[token] = 1
  return guarded
}

/** I_j of the tokens of one window. (length) */
export function windowImportance(at: RoutedWindows, window: number): Float64Array {
  const { length, received } = at
  if (received === null) throw new Error('importance needs the attention tokens receive')
  const hidden = at.normalized.length / (at.windows * length)
  return Float64Array.from({ length }, (_, j) => {
    const token = window * length + j
    let norm = 0
    for (let i = token * hidden; i < (token + 1) * hidden; i++) norm += Math.abs(at.normalized[i] as number)
    return (norm * (received[token] as number)) / (at.heads * (length - j))
  })
}
