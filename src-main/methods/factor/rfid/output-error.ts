import type { ExpertRole } from '../../../architectures/parts.ts'
import type { LayerAtHand } from '../../../calibration/layer-at-hand.ts'
import { dot, subtract, matrixOf } from '../../../factors/math.ts'
import { whitenedSvd } from '../../../factors/whitened-svd.ts'
import { expertMatrix, mathOf } from '../apply/each-expert.ts'
import { mostUsed } from '../plan/nearest-experts.ts'

/** Experts that are tried, and tokens of each. */
const TRIED = 4
const TOKENS = 512

/**
 * Energy in an expert's output per energy of error in what gate or up give: the expert runs with the matrix cut to a quarter of its rank,
 * on tokens that were routed to it. 1 for down, whose error is the output's; 1 where no token was routed at all.
 */
export async function outputPerError(layer: LayerAtHand, role: ExpertRole): Promise<number> {
  if (role === 'expertDown') return 1
  let [output, direct] = [0, 0]
  for (const expert of mostUsed(layer, TRIED)) {
    const inputs = layer.inputsOf(expert).slice(0, TOKENS * layer.shape.hidden)
    if (inputs.length === 0) continue
    const tried = await tryOne(layer, role, expert, inputs)
    output += tried.output
    direct += tried.direct
  }
  return direct > 0 && output > 0 ? output / direct : 1
}

async function tryOne(
  layer: LayerAtHand,
  role: 'expertGate' | 'expertUp',
  expert: number,
  inputs: Float32Array,
): Promise<{ output: number; direct: number }> {
  const math = mathOf(layer)
  const w = await expertMatrix(layer, role, expert)
  const found = await whitenedSvd(math, w, await layer.secondMoment(role, expert))
  const rank = Math.max(1, Math.floor(found.energies.length / 4))
  const { left, right } = await found.truncate(rank)
  const { data: cut } = await math.matrices.product(matrixOf(left, w.rows, rank), matrixOf(right, rank, w.columns))
  const weights = {
    gate: await layer.weights('expertGate', expert),
    up: await layer.weights('expertUp', expert),
    down: await layer.weights('expertDown', expert),
  }
  const exact = await layer.runExpert(weights, inputs)
  const changed = await layer.runExpert({ ...weights, [role === 'expertGate' ? 'gate' : 'up']: cut }, inputs)
  const rows = matrixOf(inputs, inputs.length / layer.shape.hidden, layer.shape.hidden)
  const direct = await math.matrices.product(rows, { ...w, data: subtract(w.data, cut) }, { transposeB: true })
  const output = subtract(exact.result, changed.result)
  return { output: dot(output, output), direct: dot(direct.data, direct.data) }
}
