import type { ExpertRole } from '../../../architectures/parts.ts'
import type { LayerAtHand } from '../../../calibration/layer-at-hand.ts'
import { transposeOf } from '../../../factors/math.ts'
import type { MobeProblem } from '../../../factors/mobe/problem.ts'
import { weighedMember } from '../rfid/facing.ts'
import { expertMatrix } from './each-expert.ts'

/** Tokens an expert is taken to have seen besides its own, as in its moments. */
const TOKENS_AHEAD = 256

/** What is learned of a projection. */
type Targets = Pick<MobeProblem, 'weights' | 'columnWeights'>

/** Every weight alike, as published. @param transposed for down matrices */
export function plainTargets(layer: LayerAtHand, role: ExpertRole, transposed: boolean): Targets {
  return {
    columnWeights: null,
    weights: async (expert) => {
      const w = await expertMatrix(layer, role, expert)
      return (transposed ? transposeOf(w) : w).data
    },
  }
}

/**
 * Errors as the layer's output notices them; from us. Experts count by their tokens n_e: targets (n_e + 256)^1/2 W_e, whose columns are
 * weighted by the energy of the layer's inputs. A transposed down matrix has outputs as its columns, all alike, and the expert's inputs as
 * its rows, whose norm costs nothing, as every A_e is free: targets (n_e + 256)^1/2 S_e^T W_e^T with S_e S_e^T = M_e. The bases are what is
 * wanted of it: the left factors have to be fitted to the weights themselves afterwards. On a trained layer (16 experts of 256 x 256, m 4,
 * r 80) M_e lowers the error of down in that norm from .134 to .077, and n_e that of gate from .0071 to .0069 and that of down from .077 to
 * .075.
 */
export async function weighedTargets(layer: LayerAtHand, role: ExpertRole, transposed: boolean): Promise<Targets> {
  return {
    columnWeights: transposed ? null : diagonal(await layer.secondMoment(role, null)),
    weights: async (expert) => {
      const { w } = transposed ? await weighedMember(layer, role, expert, true) : { w: await expertMatrix(layer, role, expert) }
      const scale = Math.sqrt((layer.gatesOf(expert).length + TOKENS_AHEAD) / TOKENS_AHEAD)
      return w.data.map((value) => scale * value)
    },
  }
}

function diagonal(moment: Float32Array): Float32Array {
  const n = Math.sqrt(moment.length)
  return Float32Array.from({ length: n }, (_, i) => moment[i * n + i] as number)
}
