import { EXPERT_ROLES } from '../../../architectures/tensor-list.ts'
import type { ExpertRole } from '../../../architectures/tensor-list.ts'
import type { LayerAtHand } from '../../../calibration/layer-at-hand.ts'
import { storableType } from '../../../tensor/ggml-type.ts'
import type { GgmlTypeName } from '../../../tensor/ggml-type.ts'
import type { InputFactor } from '../packed/hessian.ts'
import { distance, expertAtHand } from './expert-loss.ts'
import type { ExpertAtHand, ExpertMatrices } from './expert-loss.ts'
import { usageOf } from './measurement.ts'
import type { TypeMeasurement } from './measurement.ts'

const MATRIX = { expertGate: 'gate', expertUp: 'up', expertDown: 'down' } as const satisfies Record<ExpertRole, keyof ExpertMatrices>

/** eps of every expert with one projection stored as each type, the others exact. Types a row does not divide are those they fall back to. */
export async function measureTypes(layer: LayerAtHand, types: readonly GgmlTypeName[]): Promise<TypeMeasurement> {
  const empty = (): TypeMeasurement['projections'][ExpertRole] => ({ errors: [], weightErrors: [] })
  const projections = { expertGate: empty(), expertUp: empty(), expertDown: empty() }
  let unfactored = 0
  for (let expert = 0; expert < layer.shape.experts; expert++) {
    const own = await expertAtHand(layer, expert)
    unfactored += own.unfactored
    for (const role of EXPERT_ROLES) {
      const { output, weight } = await lossesOf(layer, own, role, types)
      projections[role].errors.push(output)
      projections[role].weightErrors.push(weight)
    }
  }
  return { ...usageOf(layer), unfactored, projections }
}

async function lossesOf(
  layer: LayerAtHand, own: ExpertAtHand, role: ExpertRole, types: readonly GgmlTypeName[],
): Promise<{ output: Record<string, number>; weight: Record<string, number> }> {
  const [output, weight]: [Record<string, number>, Record<string, number>] = [{}, {}]
  const columns = role === 'expertDown' ? layer.shape.expertWidth : layer.shape.hidden
  const exact = own.exact[MATRIX[role]]
  for (const type of new Set(types.map((wanted) => storableType(wanted, columns)))) {
    layer.signal.throwIfAborted()
    const stored = storedAs(layer, type, exact, columns, role === 'expertDown' ? own.downInput : own.input)
    weight[type] = distance(exact, stored)
    const error = await own.outputError({ ...own.exact, [MATRIX[role]]: stored })
    if (error !== null) output[type] = error
  }
  return { output, weight }
}

/** The values a matrix has in the file: rounded with feedback where there is a factor and the type has a grid. */
function storedAs({ kernels }: LayerAtHand, type: GgmlTypeName, weights: Float32Array, columns: number, { factor, importance }: InputFactor): Float32Array {
  const plain = type === 'F32' || type === 'F16' || type === 'BF16'
  const bytes = factor === null || plain ? kernels.encode(type, weights, columns, importance) : kernels.gptq.encodeWithFeedback(type, weights, columns, factor, importance)
  return kernels.decode(type, bytes, columns)
}
