import type { LayerRole, ModelRole } from '../architectures/architecture.ts'
import type { DivergenceCurve } from './divergence-fit.ts'

/**
 * Divergence against error power, by role: medians over the layers of the two trained models Whittle is tested with (demo-moe8 and wiki-moe16,
 * 7 layers), measured with 2 and 4 bits on 4096 tokens. Single layers scatter widely (expertGate: smooth 0.05 to 0.45), mostly by trading one
 * term for the other. For models too large to measure: good for ranking tensors, a guess as a number.
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

/** The typical curve of a role. Throws RangeError for roles that are never encoded. */
export function typicalCurve(role: LayerRole | ModelRole): DivergenceCurve {
  const curve = TYPICAL[role]
  if (curve === undefined) throw new RangeError(`${role} is never encoded`)
  return curve
}
