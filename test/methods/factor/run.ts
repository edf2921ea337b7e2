import { NO_OTHER_INPUTS } from '../../fixtures/no-other-inputs.ts'
import type { ExpertRole } from '../../../src-main/architectures/parts.ts'
import { EXPERT_ROLES } from '../../../src-main/architectures/parts.ts'
import type { ModelShape } from '../../../src-main/architectures/architecture.ts'
import type { LayerAtHand } from '../../../src-main/calibration/layer-at-hand.ts'
import type { ModelStatistics } from '../../../src-main/calibration/statistics.ts'
import type { Matrix } from '../../../src-main/compute/matrix.ts'
import type { FactoredForm } from '../../../src-main/contract/form.ts'
import type { Plan } from '../../../src-main/contract/plan.ts'
import type { FactorMath } from '../../../src-main/factors/math.ts'
import { subtract, matrixOf, transposeOf, weightedEnergy } from '../../../src-main/factors/math.ts'
import { factoredSize, rankOf } from '../../../src-main/forms/factored.ts'
import { addProjected, residualProjection } from '../../../src-main/forms/sparse-projection.ts'
import type { FactoredMatrices, LayerValues } from '../../../src-main/forms/values.ts'
import type { Limit } from '../../../src-main/methods/limit.ts'
import type { FormPlanInput, FormWay, Method } from '../../../src-main/methods/method.ts'
import { plainMatrices } from '../../fixtures/plain-math.ts'
import { formInput } from '../layers-at-hand.ts'

/** How a method makes folders. */
export function formsOf(method: Method): FormWay {
  if (method.forms === null) throw new Error(`${method.id} makes no folders`)
  return method.forms
}

/** Statistics that say only how strong the stream is: alike in all layers. */
function flatStatistics(layers: number): ModelStatistics {
  const empty = new Float64Array(0)
  const experts = {
    tokens: empty,
    gateSum: empty,
    maxOutput: empty,
    outputNormSum: empty,
    gatedOutputNormSum: empty,
    input: empty,
    gatedInput: empty,
    downInput: empty,
    gatedDownInput: empty,
  }
  return {
    tokens: 100,
    outputInput: empty,
    tokenCounts: empty,
    layers: Array.from({ length: layers }, (_, layer) => ({
      layer,
      experts,
      tokens: 100,
      attentionInput: empty,
      attentionOutputInput: empty,
      ...NO_OTHER_INPUTS,
      residualPower: 1,
      attentionPower: 1,
      expertsPower: 1,
    })),
  }
}

/** What a plan is made from, with what the method measured of every layer. */
export function factorInput(
  shape: ModelShape,
  limit: Limit,
  measurements: readonly unknown[],
  parameters: Record<string, unknown> = {},
  format: FormPlanInput['format'] = 'safetensors',
): FormPlanInput {
  return { ...formInput(shape, limit, { parameters, measurements, format }), statistics: flatStatistics(shape.layers) }
}

/** What a method measures of a layer, after a trip through JSON; null without a measurement. */
export async function measured(method: Method, layer: LayerAtHand, parameters: Record<string, unknown> = {}): Promise<unknown> {
  const { measure } = formsOf(method)
  return measure === null ? null : JSON.parse(JSON.stringify(await measure.run(layer, parameters, 1)))
}

/** The factored form of a role in a layer of a plan. */
export function formIn(plan: Plan, layer: number, role: ExpertRole): FactoredForm {
  const form = plan.form?.layers[layer]?.[role]
  if (form?.kind !== 'factored') throw new Error(`${role} of layer ${layer} is not factored`)
  return form
}

/** The factors of a role. */
export function factorsIn(values: LayerValues, role: ExpertRole): FactoredMatrices {
  const found = values[role]
  if (found?.kind !== 'factored') throw new Error(`no factors for ${role}`)
  return found.factors
}

/** An expert's matrix as its factors give it back, (out, in). */
export async function rebuilt(
  form: FactoredForm,
  factors: FactoredMatrices,
  expert: number,
  size: readonly [number, number],
): Promise<Matrix> {
  const [rows, columns] = factoredSize(form, size)
  const rank = rankOf(form, expert)
  const left = factors.left[form.leftOf?.[expert] ?? expert] ?? new Float32Array(0)
  const product =
    rank === 0
      ? matrixOf(new Float32Array(rows * columns), rows, columns)
      : await plainMatrices.product(matrixOf(left, rows, rank), matrixOf(basisFor(form, factors, expert), rank, columns))
  product.data.forEach((value, i) => {
    product.data[i] = value + (factors.shared?.[i] ?? 0)
  })
  if (form.residual !== null)
    addProjected(
      product.data,
      factors.corrections[expert] ?? new Float32Array(0),
      residualProjection(form.residual, columns, factors.columns),
      columns,
    )
  return form.transposed ? transposeOf(product) : product
}

function basisFor(form: FactoredForm, { bases, mix }: FactoredMatrices, expert: number): Float32Array {
  if (form.basisOf !== null) return bases[form.basisOf[expert] ?? 0] ?? new Float32Array(0)
  const mixed = new Float32Array(bases[0]?.length ?? 0)
  bases.forEach((basis, j) => {
    basis.forEach((value, i) => {
      mixed[i] = (mixed[i] as number) + (mix?.[expert * bases.length + j] ?? 0) * value
    })
  })
  return mixed.map(form.activation === 'tanh' ? Math.tanh : form.activation === 'silu' ? (x) => x / (1 + Math.exp(-x)) : (x) => x)
}

/** sum over experts of tr(D M D^T) / tr(W M W^T) for each role that has factors. */
export async function weightedErrors(layer: LayerAtHand, plan: Plan, values: LayerValues): Promise<Partial<Record<ExpertRole, number>>> {
  const math: FactorMath = { algebra: layer.kernels.algebra, matrices: layer.matrices }
  const { hidden, expertWidth, experts } = layer.shape
  const errors: Partial<Record<ExpertRole, number>> = {}
  for (const role of EXPERT_ROLES) {
    if (values[role] === undefined) continue
    const size = role === 'expertDown' ? ([hidden, expertWidth] as const) : ([expertWidth, hidden] as const)
    let [lost, whole] = [0, 0]
    for (let expert = 0; expert < experts; expert++) {
      const w = matrixOf(await layer.weights(role, expert), ...size)
      const back = await rebuilt(formIn(plan, layer.index, role), factorsIn(values, role), expert, size)
      const moment = await layer.secondMoment(role, expert)
      lost += await weightedEnergy(math, { ...w, data: subtract(w.data, back.data) }, moment)
      whole += await weightedEnergy(math, w, moment)
    }
    errors[role] = lost / whole
  }
  return errors
}
