import type { LayerRole, ModelRole } from '../architectures/architecture.ts'
import type { GgmlTypeName } from '../tensor/ggml-type.ts'
import type { DivergenceCurve } from './divergence-fit.ts'
import type { ErrorCost, ErrorTable } from './error-table.ts'
import type { StoredTensor } from './stored-tensors.ts'

/**
 * Divergence against error power, by role: medians over the layers of the two trained models Whittle is tested with (demo-moe8 and
 * wiki-moe16, 7 layers), measured with 2 and 4 bits on 4096 tokens. Single layers scatter widely (expertGate: smooth 0.05 to 0.45), mostly
 * by trading one term for the other. For models too large to measure: good for ranking tensors, a guess as a number.
 */
const TYPICAL: Partial<Record<LayerRole | ModelRole, DivergenceCurve>> = {
  embedding: { smooth: 0.44, switching: 0.016 },
  output: { smooth: 0.44, switching: 0.016 },
  query: { smooth: 0.03, switching: 0.0075 },
  key: { smooth: 0.04, switching: 0.009 },
  value: { smooth: 0.15, switching: 0.015 },
  attentionOutput: { smooth: 0.08, switching: 0.008 },
  expertGate: { smooth: 0.39, switching: 0.007 },
  expertUp: { smooth: 0.23, switching: 0.0056 },
  expertDown: { smooth: 0.61, switching: 0.0096 },
}

/** Roles that neither model has, and the measured one whose place in a layer is most like theirs: a guess. */
const LIKE: Partial<Record<LayerRole | ModelRole, LayerRole>> = {
  queryA: 'query',
  queryB: 'query',
  kvA: 'key',
  keyB: 'key',
  valueB: 'value',
  ffnGate: 'expertGate',
  ffnUp: 'expertUp',
  ffnDown: 'expertDown',
  sharedGate: 'expertGate',
  sharedUp: 'expertUp',
  sharedDown: 'expertDown',
}

/** The typical curve of a role. Throws RangeError for roles that are never encoded. */
export function typicalCurve(role: LayerRole | ModelRole): DivergenceCurve {
  const curve = TYPICAL[LIKE[role] ?? role]
  if (curve === undefined) throw new RangeError(`${role} is never encoded`)
  return curve
}

/**
 * Cost of a role as Q4_K, all layers of a model together: means over the same two models (7 layers), each layer's measured cost times its
 * model's layers. So a deeper model is taken to lose as much as a shallow one, which is all that can be said without looking at it. A tied
 * embedding counts whole, an embedding or output matrix of its own as half of it.
 */
const TYPICAL_Q4_K: Partial<Record<LayerRole | ModelRole, ErrorCost>> = {
  embedding: { smooth: 3.4e-3, switching: 1.0e-5 },
  output: { smooth: 3.4e-3, switching: 1.0e-5 },
  query: { smooth: 9.2e-5, switching: 1.6e-7 },
  key: { smooth: 1.2e-4, switching: 2.4e-7 },
  value: { smooth: 2.8e-4, switching: 2.3e-6 },
  attentionOutput: { smooth: 3.1e-4, switching: 2.2e-7 },
  expertGate: { smooth: 3.7e-4, switching: 6.1e-7 },
  expertUp: { smooth: 2.5e-4, switching: 4.4e-7 },
  expertDown: { smooth: 7.6e-4, switching: 1.0e-6 },
}

/**
 * Error power of a type over that of Q4_K, from the same measurements: roles differ by less than a tenth. Half precision loses nothing that
 * shows.
 */
const POWER_OVER_Q4_K: Readonly<Record<GgmlTypeName, number>> = {
  F32: 0,
  F16: 0,
  BF16: 0,
  Q8_0: 0.0048,
  Q6_K: 0.055,
  Q5_K: 0.24,
  Q4_K: 1,
  Q4_0: 1.38,
  Q3_K: 4.4,
  Q2_K: 14.6,
}

/** What models like it were measured to lose: for a model nobody has calibrated yet. Within a factor of two on the models it comes from. */
export function typicalErrors(tensors: readonly StoredTensor[], layers: number): ErrorTable {
  const encoded = tensors.filter((tensor) => !tensor.keptInF32)
  return { sensitivity: 'output-power', tensors: Object.fromEntries(encoded.map((tensor) => [tensor.name, costsOf(tensor, layers)])) }
}

function costsOf(tensor: StoredTensor, layers: number): Partial<Record<GgmlTypeName, ErrorCost>> {
  const whole = TYPICAL_Q4_K[LIKE[tensor.role] ?? tensor.role]
  if (whole === undefined) throw new RangeError(`${tensor.role} is never encoded`)
  const share = tensor.layer !== null ? 1 / layers : tensor.alsoOutput ? 1 : 0.5
  return Object.fromEntries(
    Object.entries(POWER_OVER_Q4_K).map(([type, power]) => {
      return [type, { smooth: whole.smooth * share * power, switching: whole.switching * share * power }]
    }),
  )
}
