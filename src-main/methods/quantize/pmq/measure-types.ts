import type { ExpertRole } from '../../../architectures/parts.ts'
import type { LayerAtHand } from '../../../calibration/layer-at-hand.ts'
import { severalAtOnce } from '../../../calibration/several-at-once.ts'
import { storableType } from '../../../tensor/ggml-type.ts'
import type { GgmlTypeName } from '../../../tensor/ggml-type.ts'
import type { InputFactor } from '../packed/hessian.ts'
import { distance, expertAtHand, expertsAtOnce } from './expert-loss.ts'
import type { ExpertAtHand, ExpertMatrices } from './expert-loss.ts'
import { usageOf } from './measurement.ts'
import type { TypeMeasurement } from './measurement.ts'

const MATRIX = { expertGate: 'gate', expertUp: 'up', expertDown: 'down' } as const satisfies Record<ExpertRole, keyof ExpertMatrices>

/** What an expert loses with one projection stored, by type. */
interface Losses {
  readonly output: Record<string, number>
  readonly weight: Record<string, number>
}

/**
 * eps of every expert with one projection stored as each type, the others exact; some experts at a time. Types a row does not divide are
 * those they fall back to. Throws the signal's reason when aborted.
 */
export async function measureTypes(layer: LayerAtHand, types: readonly GgmlTypeName[]): Promise<TypeMeasurement> {
  const experts = Array.from({ length: layer.shape.experts }, (_, expert) => expert)
  const found = await severalAtOnce(experts, expertsAtOnce(layer), async (expert) => {
    layer.signal.throwIfAborted()
    const own = await expertAtHand(layer, expert)
    const [expertGate, expertUp, expertDown] = await Promise.all([
      lossesOf(layer, own, 'expertGate', types),
      lossesOf(layer, own, 'expertUp', types),
      lossesOf(layer, own, 'expertDown', types),
    ])
    own.release()
    return { unfactored: own.unfactored, losses: { expertGate, expertUp, expertDown } }
  })
  const of = (role: ExpertRole): TypeMeasurement['projections'][ExpertRole] => {
    return { errors: found.map(({ losses }) => losses[role].output), weightErrors: found.map(({ losses }) => losses[role].weight) }
  }
  return {
    ...usageOf(layer),
    unfactored: found.reduce((sum, { unfactored }) => sum + unfactored, 0),
    projections: { expertGate: of('expertGate'), expertUp: of('expertUp'), expertDown: of('expertDown') },
  }
}

async function lossesOf(layer: LayerAtHand, own: ExpertAtHand, role: ExpertRole, types: readonly GgmlTypeName[]): Promise<Losses> {
  const { output, weight }: Losses = { output: {}, weight: {} }
  const columns = role === 'expertDown' ? layer.shape.expertWidth : layer.shape.hidden
  const exact = own.exact[MATRIX[role]]
  for (const type of new Set(types.map((wanted) => storableType(wanted, columns)))) {
    layer.signal.throwIfAborted()
    const stored = await storedAs(layer, type, exact, columns, role === 'expertDown' ? own.downInput : own.input)
    weight[type] = distance(exact, stored)
    const error = await own.outputError({ ...own.exact, [MATRIX[role]]: stored })
    if (error !== null) output[type] = error
  }
  return { output, weight }
}

/** The values a matrix has in the file: rounded with feedback where there is a factor and the type has a grid. */
async function storedAs(
  { kernels, rounding }: LayerAtHand,
  type: GgmlTypeName,
  weights: Float32Array,
  columns: number,
  { factor, importance }: InputFactor,
): Promise<Float32Array> {
  return kernels.decode(type, await rounding.encode({ type, weights, columns, factor, importance }), columns)
}
