import type { ModelShape } from '../architectures/architecture.ts'
import { layerKind, turningSize } from '../architectures/shape.ts'
import type { Graph } from '../compute/graph.ts'
import type { ComputeSession } from '../compute/session.ts'
import { hostTensor } from '../compute/tensor-handle.ts'
import type { HostTensor } from '../compute/tensor-handle.ts'
import { tensorOf, type MoeLayer, type MoeModel } from '../model/moe-model.ts'
import { attentionGraph, maskStrip } from './attention.ts'
import type { DenseResult } from './capture.ts'
import { attentionWeights } from './heads.ts'
import { tokenCount } from './hidden.ts'
import type { Hidden } from './hidden.ts'
import type { LayerOptions } from './layer-options.ts'
import type { LayerObserver } from './observer.ts'
import { outputOf } from './outputs.ts'
import { layerPruning, pruneWindows } from './pruning.ts'
import { rotaryTable, type Rotation } from './rotary.ts'
import { newRouting, routeTokens, type RoutingRule } from './routing.ts'
import { withWeights } from './weights.ts'

/** Tokens of one run: enough for full matrix speed, few enough to keep what lies between in memory. */
const TOKENS_AT_ONCE = 1024

/** What a layer's run takes from its model. */
export type LayerModel = Pick<MoeModel, 'shape' | 'pruning' | 'ropeFactors'>

/** Some windows of one length, next to each other. */
interface WindowRun {
  readonly firstToken: number
  readonly windows: number
  readonly length: number
}

/** Cuts the windows into runs of equal length and at most TOKENS_AT_ONCE tokens; one window may be longer. Empty windows are left out. */
export function windowRuns(windows: readonly number[]): WindowRun[] {
  const runs: WindowRun[] = []
  let firstToken = 0
  for (const length of windows) {
    if (length === 0) continue
    const last = runs.at(-1)
    const joins = last?.length === length && (last.windows + 1) * length <= TOKENS_AT_ONCE
    if (joins) runs[runs.length - 1] = { ...last, windows: last.windows + 1 }
    else runs.push({ firstToken, windows: 1, length })
    firstToken += length
  }
  return runs
}

/** How the heads of a layer turn. */
export async function layerRotation({ shape, ropeFactors }: Pick<MoeModel, 'shape' | 'ropeFactors'>, layer: number): Promise<Rotation> {
  const usual = layerKind(shape, layer).rope === 'usual'
  return {
    size: turningSize(shape),
    base: shape.ropeBase,
    scaling: usual ? shape.traits.rope.scaling : null,
    factors: usual && ropeFactors !== null ? await ropeFactors.read() : null,
  }
}

/** The graph's inputs that depend on the windows' length alone. */
function windowInputs(rotation: Rotation, window: number | null, length: number): Record<'cos' | 'sin' | 'mask', HostTensor> {
  const { cos, sin } = rotaryTable(length, rotation)
  const dims = [length, rotation.size / 2]
  return { cos: hostTensor(cos, dims), sin: hostTensor(sin, dims), mask: maskStrip(length, window) }
}

/** How a layer's scores become a choice: its correction bias is read. */
export async function layerRule(shape: ModelShape, layer: MoeLayer): Promise<RoutingRule> {
  const { router } = shape.traits
  const bias = router.bias ? await tensorOf(layer, 'routerBias').read() : null
  return { experts: shape.experts, bias, groups: router.groups, normalize: shape.normalizeGates, scale: router.scale }
}

/** Makes each key's value once. */
function remember<V>(make: (windows: number, length: number) => V): (windows: number, length: number) => V {
  const made = new Map<string, V>()
  return (windows, length) => {
    const key = `${windows}/${length}`
    const value = made.get(key) ?? make(windows, length)
    made.set(key, value)
    return value
  }
}

function report(observer: LayerObserver, tokens: number, results: Readonly<Record<string, HostTensor>>): void {
  observer.attention({
    tokens,
    input: outputOf(results, 'inputSquares'),
    outputInput: outputOf(results, 'outputInputSquares'),
    latentQuery: results['latentQuerySquares']?.data ?? null,
    latent: results['latentSquares']?.data ?? null,
    power: outputOf(results, 'blockSquares').reduce((total, value) => total + value, 0),
  })
}

/**
 * Runs attention and the router over all windows, and prunes the routing where the model says so: `hidden` becomes the stream after
 * attention, what the experts need is returned. `onProgress` is told the share of the tokens that is done.
 */
export async function runAttention(
  compute: ComputeSession,
  model: LayerModel,
  layer: MoeLayer,
  hidden: Hidden,
  options: LayerOptions,
  onProgress: (share: number) => void,
): Promise<DenseResult> {
  const { shape } = model
  const { feedForward, window } = layerKind(shape, layer.index)
  const isRouted = feedForward === 'routed'
  const pruning = isRouted ? layerPruning(model.pruning, layer.index) : null
  const rotation = await layerRotation(model, layer.index)
  const rule = isRouted ? await layerRule(shape, layer) : null
  const tokens = tokenCount(hidden)
  const dense: DenseResult = {
    normalized: new Float32Array(hidden.data.length),
    routing: newRouting(tokens, isRouted ? shape.expertsPerToken : 0, pruning !== null),
  }
  const { observer, capture, signal } = options
  const extras = {
    sums: observer !== undefined,
    inputs: capture?.onAttentionInputs !== undefined,
    received: pruning !== null && pruning.protectedShare > 0,
  }
  const graphs = remember<Graph>((windows, length) => attentionGraph(shape, layer.index, windows, length, extras))
  const inputs = remember((_, length) => windowInputs(rotation, window, length))
  const sources = Object.fromEntries(attentionWeights(shape, layer.index).map(({ role }) => [role, tensorOf(layer, role)]))
  await withWeights(compute, sources, async (weights) => {
    for (const { firstToken, windows, length } of windowRuns(hidden.windows)) {
      signal?.throwIfAborted()
      const count = windows * length
      const at = firstToken * hidden.size
      const batch = hidden.data.subarray(at, at + count * hidden.size)
      const feeds = { hidden: hostTensor(batch, [count, hidden.size]), ...inputs(1, length), ...weights }
      const results = await compute.run(graphs(windows, length), feeds)
      batch.set(outputOf(results, 'residual'))
      dense.normalized.set(outputOf(results, 'normalized'), at)
      if (rule !== null) routeTokens(dense.routing, firstToken, outputOf(results, 'probabilities'), rule)
      if (pruning !== null) {
        const received = extras.received ? outputOf(results, 'received') : null
        const normalized = outputOf(results, 'normalized')
        pruneWindows(
          dense.routing,
          pruning,
          { firstToken, windows, length, normalized, received, heads: shape.heads },
          shape.normalizeGates ? shape.traits.router.scale : null,
        )
      }
      if (observer !== undefined) report(observer, count, results)
      capture?.onAttentionInputs?.({
        firstToken,
        input: outputOf(results, 'input'),
        outputInput: outputOf(results, 'outputInput'),
        latentQuery: results['latentQuery']?.data ?? null,
        latent: results['latent']?.data ?? null,
      })
      onProgress((firstToken + count) / tokens)
    }
  })
  capture?.onRouted?.(dense)
  return dense
}
