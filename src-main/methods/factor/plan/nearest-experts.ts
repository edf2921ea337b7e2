import type { ExpertRole } from '../../../architectures/tensor-list.ts'
import type { LayerAtHand } from '../../../calibration/layer-at-hand.ts'
import { difference, weightedEnergy } from '../../../factors/math.ts'
import { expertMatrix, mathOf } from '../apply/each-expert.ts'

/** The `count` experts most tokens were routed to, most used first; ties to the lower number. */
export function mostUsed(layer: LayerAtHand, count: number): number[] {
  const tokens = Array.from({ length: layer.shape.experts }, (_, expert) => layer.gatesOf(expert).length)
  return [...tokens.keys()].sort((a, b) => (tokens[b] as number) - (tokens[a] as number) || a - b).slice(0, count)
}

/** For every expert the index among `kept` of the expert whose matrix is nearest to its own on its own inputs; its own where it is kept. */
export async function nearestOf(layer: LayerAtHand, role: ExpertRole, kept: readonly number[]): Promise<number[]> {
  const found: number[] = []
  for (let expert = 0; expert < layer.shape.experts; expert++) {
    const own = kept.indexOf(expert)
    found.push(own >= 0 ? own : await nearest(layer, role, expert, kept))
  }
  return found
}

async function nearest(layer: LayerAtHand, role: ExpertRole, expert: number, kept: readonly number[]): Promise<number> {
  const moment = await layer.secondMoment(role, expert)
  const own = await expertMatrix(layer, role, expert)
  let best = 0
  let least = Infinity
  for (const [index, other] of kept.entries()) {
    const { data } = await expertMatrix(layer, role, other)
    const distance = await weightedEnergy(mathOf(layer), { ...own, data: difference(own.data, data) }, moment)
    if (distance < least) [best, least] = [index, distance]
  }
  return best
}
