import type { RunEvent } from '../../../src-main/contract/events.ts'
import type { ModelSummary } from '../../../src-main/contract/model.ts'

/** What a layer's learning tells: the gate matrices to their end with an error per expert, the up matrices half way. */
export function fakeLearning(runId: string, layer: number, model: ModelSummary): RunEvent[] {
  if (layer >= model.layers) return []
  const errorAt = (step: number, floor: number): number => floor + 0.6 / (1 + step / 6)
  const curve = (role: string, steps: number, floor: number) =>
    Array.from({ length: steps }, (_, step): RunEvent => ({
      kind: 'learning',
      runId,
      layer,
      role,
      expert: null,
      step: step + 1,
      error: errorAt(step + 1, floor),
      flops: step * 1e11,
    }))
  const each = Array.from({ length: model.experts }, (_, expert): RunEvent => ({
    kind: 'learning',
    runId,
    layer,
    role: 'expertGate',
    expert,
    step: 100,
    error: 0.15 + 0.2 * Math.abs(Math.sin(layer + expert * 2.3)),
    flops: 1e13,
  }))
  return [...curve('expertGate', 100, 0.12 + layer / 200), ...each, ...curve('expertUp', 55, 0.15 + layer / 200)]
}
