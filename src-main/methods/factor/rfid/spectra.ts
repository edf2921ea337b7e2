import { EXPERT_ROLES } from '../../../architectures/parts.ts'
import type { ExpertRole } from '../../../architectures/parts.ts'
import type { LayerAtHand } from '../../../calibration/layer-at-hand.ts'
import type { Matrix } from '../../../compute/matrix.ts'
import { matrixOf, transposeOf } from '../../../factors/math.ts'
import { whitenedSvd } from '../../../factors/whitened-svd.ts'
import { effectiveRank } from '../../../kernels/linear-algebra/effective-rank.ts'
import { expertMatrix, mathOf } from '../apply/each-expert.ts'

/** Directions of an expert that are compared with those of others. */
const SKETCH = 16

/** Every expert of a layer on its own, in the norm of its own inputs. */
export interface OwnSpectra {
  /** sigma^2 by role and expert, falling. */
  readonly energies: Readonly<Record<ExpertRole, readonly Float64Array[]>>
  /** Mean effective rank over the projections. (experts) */
  readonly effectiveRanks: readonly number[]
  /**
   * How much the strongest directions of two experts overlap, 0..1: of the inputs of gate and up, of the outputs of down. (experts,
   * experts)
   */
  readonly similarity: Readonly<Record<ExpertRole, Float64Array>>
}

/** Reads every expert once. */
export async function ownSpectra(layer: LayerAtHand): Promise<OwnSpectra> {
  const { experts } = layer.shape
  const energies: Record<ExpertRole, Float64Array[]> = { expertGate: [], expertUp: [], expertDown: [] }
  const sketches: Record<ExpertRole, Matrix[]> = { expertGate: [], expertUp: [], expertDown: [] }
  for (let expert = 0; expert < experts; expert++) {
    const input = await layer.secondMoment('expertGate', expert)
    for (const role of EXPERT_ROLES) {
      const w = await expertMatrix(layer, role, expert)
      const found = await whitenedSvd(mathOf(layer), w, role === 'expertDown' ? await layer.secondMoment(role, expert) : input)
      energies[role].push(found.energies)
      const rank = Math.min(SKETCH, found.energies.length)
      const { left, right } = await found.truncate(rank)
      sketches[role].push(role === 'expertDown' ? transposeOf(matrixOf(left, w.rows, rank)) : matrixOf(right, rank, w.columns))
    }
  }
  const ranks = energies.expertGate.map((_, expert) => {
    return (
      EXPERT_ROLES.reduce((sum, role) => sum + effectiveRank((energies[role][expert] ?? new Float64Array(0)).map(Math.sqrt)), 0) /
      EXPERT_ROLES.length
    )
  })
  return {
    energies,
    effectiveRanks: ranks,
    similarity: {
      expertGate: await overlaps(layer, sketches.expertGate),
      expertUp: await overlaps(layer, sketches.expertUp),
      expertDown: await overlaps(layer, sketches.expertDown),
    },
  }
}

/** ||Q_a Q_b^T||_F^2 / rank with the rows of Q made unit vectors. */
async function overlaps(layer: LayerAtHand, sketches: readonly Matrix[]): Promise<Float64Array> {
  const [{ rows, columns } = { rows: 0, columns: 0 }] = sketches
  const count = sketches.length
  const stacked = matrixOf(new Float32Array(count * rows * columns), count * rows, columns)
  sketches.forEach(({ data }, index) => {
    stacked.data.set(unitRows(data, columns), index * rows * columns)
  })
  const { data } = await layer.matrices.product(stacked, stacked, { transposeB: true })
  const result = new Float64Array(count * count)
  data.forEach((value, at) => {
    const [a, b] = [Math.floor(at / stacked.rows / rows), Math.floor((at % stacked.rows) / rows)]
    result[a * count + b] = (result[a * count + b] as number) + (value * value) / rows
  })
  return result
}

function unitRows(data: Float32Array, columns: number): Float32Array {
  const result = data.slice()
  for (let start = 0; start < data.length; start += columns) {
    const length = Math.sqrt(data.subarray(start, start + columns).reduce((sum, x) => sum + x * x, 0))
    if (length > 0) for (let i = start; i < start + columns; i++) result[i] = (data[i] as number) / length
  }
  return result
}
