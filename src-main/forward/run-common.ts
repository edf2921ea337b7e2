import type { ModelShape } from '../architectures/architecture.ts'
import type { ComputeSession } from '../compute/session.ts'
import { hostTensor } from '../compute/tensor-handle.ts'
import type { HostTensor } from '../compute/tensor-handle.ts'
import { tensorOf } from '../model/moe-model.ts'
import type { Expert, MoeLayer } from '../model/moe-model.ts'
import { expertGraph } from './expert.ts'
import type { LayerOptions } from './layer-options.ts'
import { outputOf } from './outputs.ts'
import { TOKENS_AT_ONCE } from './run-experts.ts'
import { withWeights } from './weights.ts'

/** A feed-forward network that every token passes: a dense layer's, or the shared expert of a routed one. */
export interface CommonNetwork extends Expert {
  readonly kind: 'dense' | 'shared'
  /** Rows of gate and up. */
  readonly width: number
}

/** The network of a layer that all tokens pass; null where there is none. */
export function commonNetwork(shape: ModelShape, layer: MoeLayer): CommonNetwork | null {
  const of = tensorOf.bind(null, layer)
  if (layer.experts.length === 0)
    return { kind: 'dense', gate: of('ffnGate'), up: of('ffnUp'), down: of('ffnDown'), width: shape.traits.denseWidth }
  const { shared } = shape.traits
  return shared === null
    ? null
    : { kind: 'shared', gate: of('sharedGate'), up: of('sharedUp'), down: of('sharedDown'), width: shared.width }
}

/** What each token's result of the shared expert is multiplied by, sigmoid(w x); null: nothing. (tokens) */
export async function commonGates(shape: ModelShape, layer: MoeLayer, normalized: Float32Array): Promise<Float32Array | null> {
  if (layer.experts.length === 0 || shape.traits.shared?.gated !== true) return null
  const w = await tensorOf(layer, 'sharedRouter').read()
  return Float32Array.from({ length: normalized.length / w.length }, (_, token) => {
    let z = 0
    for (let i = 0; i < w.length; i++) z += (w[i] as number) * (normalized[token * w.length + i] as number)
    return 1 / (1 + Math.exp(-z))
  })
}

/** Runs the network over all tokens, batch by batch, and adds what it gives to `combined`. (tokens, hidden) both */
export async function runCommon(
  compute: ComputeSession,
  shape: ModelShape,
  network: CommonNetwork,
  rows: { readonly normalized: Float32Array; readonly combined: Float32Array; readonly gates: Float32Array | null },
  { observer, signal }: Pick<LayerOptions, 'observer' | 'signal'>,
  onProgress: (share: number) => void,
): Promise<void> {
  const { hidden } = shape
  const { kind, gate, up, down, width } = network
  const { normalized, combined, gates } = rows
  const tokens = normalized.length / hidden
  const graph = expertGraph(hidden, width, observer === undefined ? 'plain' : 'sums')
  await withWeights(compute, { gate, up, down }, async (weights) => {
    for (let start = 0; start < tokens; start += TOKENS_AT_ONCE) {
      signal?.throwIfAborted()
      const count = Math.min(TOKENS_AT_ONCE, tokens - start)
      const x = normalized.subarray(start * hidden, (start + count) * hidden)
      const ones: Record<string, HostTensor> =
        observer === undefined ? {} : { squaredGates: hostTensor(new Float32Array(2 * count).fill(1), [2, count]) }
      const results = await compute.run(graph, { x: hostTensor(x, [count, hidden]), ...weights, ...ones })
      const result = outputOf(results, 'result')
      for (let i = 0; i < result.length; i++) {
        const scale = gates === null ? 1 : (gates[start + Math.floor(i / hidden)] as number)
        const at = start * hidden + i
        combined[at] = (combined[at] as number) + scale * (result[i] as number)
      }
      observer?.common({
        kind,
        input: outputOf(results, 'inputSquares').subarray(0, hidden),
        downInput: outputOf(results, 'downInputSquares').subarray(0, width),
      })
      onProgress((start + count) / tokens)
    }
  })
}
