import type { ModelShape } from '../architectures/architecture.ts'
import type { ComputeSession } from '../compute/session.ts'
import type { MoeLayer } from '../model/moe-model.ts'
import type { DenseResult } from './capture.ts'
import type { LayerOptions } from './layer-options.ts'
import { commonGates, commonNetwork, runCommon } from './run-common.ts'
import { runExperts } from './run-experts.ts'

/**
 * What a layer's feed-forward adds to the stream, (tokens, hidden): the experts tokens are routed to, the one all pass, or the dense one.
 * `onProgress` is told the share of the arithmetic that is done.
 */
export async function runFeedForward(
  compute: ComputeSession,
  shape: ModelShape,
  layer: MoeLayer,
  dense: DenseResult,
  options: LayerOptions,
  onProgress: (share: number) => void,
): Promise<Float32Array> {
  const network = commonNetwork(shape, layer)
  const routedWidth = layer.experts.length === 0 ? 0 : shape.expertsPerToken * shape.expertWidth
  const routedShare = routedWidth / (routedWidth + (network?.width ?? 0))
  const combined =
    layer.experts.length === 0
      ? new Float32Array(dense.normalized.length)
      : await runExperts(compute, shape, layer, dense, options, (share) => onProgress(share * routedShare))
  if (network !== null) {
    const gates = await commonGates(shape, layer, dense.normalized)
    await runCommon(compute, shape, network, { normalized: dense.normalized, combined, gates }, options, (share) =>
      onProgress(routedShare + share * (1 - routedShare)),
    )
  }
  const scale = shape.traits.residualScale
  if (scale !== 1) for (let i = 0; i < combined.length; i++) combined[i] = (combined[i] as number) * scale
  return combined
}
