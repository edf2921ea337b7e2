import type { LayerRole, ModelRole } from '../architectures/architecture.ts'
import type { DivergenceCurve } from './divergence-fit.ts'

/**
 * Divergence against error power, by role: medians over the layers of the two trained models Whittle is tested with (demo-moe8 and wiki-moe16,
 * 7 layers), measured with 2 and 4 bits on 4096 tokens. Single layers lie within a factor of 3. For models too large to measure: good for
 * ranking tensors, a guess as a number.
 */
const TYPICAL: Partial<Record<LayerRole | ModelRole, DivergenceCurve>> = {
  embedding: { smooth: 0.57, switching: 0.0084 },
  output: { smooth: 0.57, switching: 0.0084 },
  query: { smooth: 0.018, switching: 0.0073 },
  key: { smooth: 0.028, switching: 0.0073 },
  value: { smooth: 0.3, switching: 0.0148 },
  attentionOutput: { smooth: 0.2, switching: 0.0108 },
  expertGate: { smooth: 0.5, switching: 0.0059 },
  expertUp: { smooth: 0.32, switching: 0.0022 },
  expertDown: { smooth: 0.71, switching: 0.0077 },
}

/** The typical curve of a role. Throws RangeError for roles that are never encoded. */
export function typicalCurve(role: LayerRole | ModelRole): DivergenceCurve {
  const curve = TYPICAL[role]
  if (curve === undefined) throw new RangeError(`${role} is never encoded`)
  return curve
}
