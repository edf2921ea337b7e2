import type { ExpertRole } from '../../../architectures/parts.ts'
import type { LayerAtHand } from '../../../calibration/layer-at-hand.ts'
import type { Matrix } from '../../../compute/matrix.ts'
import { subtract, dot } from '../../../factors/math.ts'
import { commonNorm } from '../../../factors/shared-basis.ts'
import type { CommonNorm } from '../../../factors/shared-basis.ts'
import { expertMatrix, mathOf } from '../apply/each-expert.ts'

/** The `count` experts most tokens were routed to, most used first; ties to the lower number. */
export function mostUsed(layer: LayerAtHand, count: number): number[] {
  const tokens = Array.from({ length: layer.shape.experts }, (_, expert) => layer.gatesOf(expert).length)
  return [...tokens.keys()].sort((a, b) => (tokens[b] as number) - (tokens[a] as number) || a - b).slice(0, count)
}

/**
 * For every expert the index among `kept` of the expert whose matrix is nearest to its own, ||(W_e - W_k) S|| with S S^T the layer's mean
 * of x x^T; its own where it is kept. Holds the kept experts' matrices.
 */
export async function nearestOf(layer: LayerAtHand, role: ExpertRole, kept: readonly number[]): Promise<number[]> {
  const columns = role === 'expertDown' ? layer.shape.expertWidth : layer.shape.hidden
  const norm = commonNorm(mathOf(layer), await layer.secondMoment(role, null), columns)
  const seen: Float32Array[] = []
  for (const expert of kept) seen.push(await seenThrough(layer, norm, await expertMatrix(layer, role, expert)))
  const found: number[] = []
  for (let expert = 0; expert < layer.shape.experts; expert++) {
    const own = kept.indexOf(expert)
    found.push(own >= 0 ? own : nearest(await seenThrough(layer, norm, await expertMatrix(layer, role, expert)), seen))
  }
  return found
}

/** W S */
async function seenThrough({ matrices }: LayerAtHand, norm: CommonNorm | null, w: Matrix): Promise<Float32Array> {
  return norm === null ? w.data : (await matrices.product(w, norm.factor)).data
}

function nearest(own: Float32Array, among: readonly Float32Array[]): number {
  const distances = among.map((other) => {
    const gap = subtract(own, other)
    return dot(gap, gap)
  })
  return distances.indexOf(Math.min(...distances))
}
