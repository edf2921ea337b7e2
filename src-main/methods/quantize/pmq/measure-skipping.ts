import type { LayerAtHand } from '../../../calibration/layer-at-hand.ts'
import { medianThreshold, prefixShares } from '../../../calibration/pruning-thresholds.ts'
import { keptExperts } from '../../../forward/pruning.ts'
import type { WidthMeasurement } from './measurement.ts'

/** Prefix shares kept of a layer, as evenly spaced order statistics: thresholds are then right to 1 / 4096 of the skipped share. */
const KEPT_SHARES = 4096

/**
 * What online dynamic pruning needs of a layer: where the gates' prefix shares lie, and by what part of its norm the experts' combined
 * output changes when every token skips experts below the median threshold.
 */
export async function measureSkipping(layer: LayerAtHand): Promise<NonNullable<WidthMeasurement['skipping']>> {
  const shares = prefixShares(layer.routing)
  return { shares: thinned(shares), sensitivity: await relativeChange(layer, medianThreshold(shares)) }
}

/** At most {@link KEPT_SHARES} of them, each standing for as many. */
function thinned(shares: Float64Array): number[] {
  const count = Math.min(KEPT_SHARES, shares.length)
  return Array.from({ length: count }, (_, i) => shares[Math.floor(((i + 0.5) * shares.length) / count)] as number)
}

/** ||y - y'|| / ||y||; y: sum of g f(x) over a token's experts, y': over those that threshold `keep` leaves. */
async function relativeChange(layer: LayerAtHand, keep: number): Promise<number> {
  const { routing, shape } = layer
  const { hidden } = shape
  const gates = gatesAfter(routing, keep, shape.normalizeGates)
  const exact = new Float32Array(layer.tokens * hidden)
  const lost = new Float32Array(layer.tokens * hidden)
  for (let expert = 0; expert < shape.experts; expert++) {
    layer.signal.throwIfAborted()
    if (layer.gatesOf(expert).length === 0) continue
    const weights = {
      gate: await layer.weights('expertGate', expert),
      up: await layer.weights('expertUp', expert),
      down: await layer.weights('expertDown', expert),
    }
    const { result } = await layer.runExpert(weights, layer.inputsOf(expert))
    let row = 0
    for (let pair = 0; pair < routing.chosen.length; pair++) {
      if (routing.chosen[pair] !== expert) continue
      const to = Math.floor(pair / routing.expertsPerToken) * hidden
      const before = routing.gates[pair] as number
      const change = before - (gates[pair] as number)
      for (let i = 0; i < hidden; i++) {
        const value = result[row * hidden + i] as number
        exact[to + i] = (exact[to + i] as number) + before * value
        lost[to + i] = (lost[to + i] as number) + change * value
      }
      row++
    }
  }
  const norm = norm2(exact)
  return norm === 0 ? 0 : norm2(lost) / norm
}

function norm2(values: Float32Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0))
}

/** The gates that are left: 0 for skipped experts, the others scaled to the same sum where the model normalizes. (tokens, k) */
function gatesAfter({ gates, expertsPerToken: k }: LayerAtHand['routing'], keep: number, normalize: boolean): Float32Array {
  const after = gates.slice()
  for (let first = 0; first < gates.length; first += k) {
    const own = after.subarray(first, first + k)
    const kept = keptExperts(own, keep)
    own.fill(0, kept)
    const total = own.reduce((sum, gate) => sum + gate, 0)
    if (normalize && kept < k) for (let rank = 0; rank < kept; rank++) own[rank] = (own[rank] as number) / total
  }
  return after
}
