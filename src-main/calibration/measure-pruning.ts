import type { LayerCapture } from '../forward/capture.ts'
import type { Forward } from '../forward/forward.ts'
import { cloneHidden } from '../forward/hidden.ts'
import type { Hidden } from '../forward/hidden.ts'
import type { Routing } from '../forward/routing.ts'
import type { MoeModel } from '../model/moe-model.ts'
import { medianThreshold, prefixShares } from './pruning-thresholds.ts'
import type { LayerGates } from './pruning-thresholds.ts'
import { spread } from './sensitivity.ts'

/** How a measurement reports and stops. */
export interface MeasurePruningOptions {
  /** Most calibration tokens, whole windows taken evenly. 16384 unless told. */
  readonly tokens?: number | undefined
  readonly signal?: AbortSignal | undefined
  /** `done` of `total` layers are measured. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined
}

const MOST_TOKENS = 16384

/** ||changed - exact|| / ||exact||; 0 where both are nothing. */
function relativeError(changed: Float32Array, exact: Float32Array): number {
  let difference = 0
  let norm = 0
  for (let i = 0; i < exact.length; i++) {
    difference += ((changed[i] as number) - (exact[i] as number)) ** 2
    norm += (exact[i] as number) ** 2
  }
  return norm === 0 ? 0 : Math.sqrt(difference / norm)
}

/** Runs layer `index`: who goes where, and the experts' combined output. (tokens, hidden) */
async function runShowing(
  forward: Pick<Forward, 'runLayer'>,
  model: MoeModel,
  index: number,
  hidden: Hidden,
  signal: AbortSignal | undefined,
): Promise<{ routing: Routing; combined: Float32Array }> {
  const seen: { routing?: Routing; combined?: Float32Array } = {}
  const capture: LayerCapture = {
    onRouted: ({ routing }) => {
      seen.routing = routing
    },
    onCombined: (combined) => {
      seen.combined = combined
    },
  }
  await forward.runLayer(model, index, hidden, { signal, capture })
  const { routing, combined } = seen
  if (routing === undefined || combined === undefined) throw new Error(`layer ${index} showed nothing`)
  return { routing, combined }
}

/**
 * What thresholds are set from, per layer: the gates' prefix shares, and how much the experts' output of the layer alone changes when
 * pruned at its median without protection; the stream that goes on is never pruned. One pass in which every layer runs twice. Holds 20
 * bytes x tokens x hidden. Throws what `Forward.runLayer` throws.
 */
export async function measurePruning(
  forward: Pick<Forward, 'embed' | 'runLayer'>,
  model: MoeModel,
  windows: readonly Int32Array[],
  options: MeasurePruningOptions = {},
): Promise<LayerGates[]> {
  const { signal, onProgress } = options
  const whole: MoeModel = { ...model, pruning: null }
  const hidden = await forward.embed(whole, spread(windows, options.tokens ?? MOST_TOKENS))
  const layers: LayerGates[] = []
  for (const { index } of model.layers) {
    const before = cloneHidden(hidden)
    const exact = await runShowing(forward, whole, index, hidden, signal)
    const shares = prefixShares(exact.routing)
    const pruning = { keep: model.layers.map(() => medianThreshold(shares)), protectedShare: 0 }
    const pruned = await runShowing(forward, { ...model, pruning }, index, before, signal)
    layers.push({ shares, sensitivity: relativeError(pruned.combined, exact.combined) })
    onProgress?.(index + 1, model.layers.length)
  }
  return layers
}
