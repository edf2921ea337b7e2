import type { ComputeSession } from '../compute/session.ts'
import { hostTensor } from '../compute/tensor-handle.ts'
import { layerKind } from '../architectures/shape.ts'
import { tensorOf, type MoeLayer, type MoeModel } from '../model/moe-model.ts'
import type { DenseResult } from './capture.ts'
import type { Forward } from './forward.ts'
import type { Hidden } from './hidden.ts'
import { attentionWeights } from './heads.ts'
import { outputOf } from './outputs.ts'
import { newRouting, routeTokens } from './routing.ts'
import { layerRotation, layerRule } from './run-attention.ts'
import { runFeedForward } from './run-feed-forward.ts'
import { stepGraph, stepInputs } from './step-attention.ts'
import type { PastTokens } from './step-attention.ts'
import { withWeights } from './weights.ts'

/** New tokens of one run of attention: scores of a whole long prompt would not fit. */
const TOKENS_AT_ONCE = 256

/** How a text is continued. */
export interface ContinueOptions {
  /** Most tokens to add. */
  readonly tokens: number
  /** Tokens that end the text; they are not yielded. */
  readonly ends: readonly number[]
  readonly signal?: AbortSignal | undefined
}

/**
 * Continues `prompt` with the most likely token each time (the lower one where two are equal), one layer in memory. Keys and values of
 * earlier tokens are kept, so a token reads only the experts it goes to; a model whose tokens skip experts by what the whole text looks
 * like, or with latent attention, is run over the whole text for every token. Throws what `Forward.runLayer` throws.
 */
export async function* continueGreedily(
  forward: Forward,
  model: MoeModel,
  prompt: Int32Array,
  { tokens, ends, signal }: ContinueOptions,
): AsyncGenerator<number> {
  const skips = (model.pruning !== null && model.pruning !== undefined) || model.shape.traits.latent !== null
  const advance = skips ? wholeText(forward, model, signal) : stepByStep(forward, model, signal)
  const head = await forward.openOutput(model)
  try {
    let next: Int32Array = prompt
    for (let i = 0; i < tokens; i++) {
      const hidden = await advance(next)
      const chosen = mostLikely(await head.logits(hidden, hidden.data.length / hidden.size - 1, 1))
      if (ends.includes(chosen)) return
      yield chosen
      next = Int32Array.of(chosen)
    }
  } finally {
    head.close()
  }
}

/** Takes the next tokens of a text; gives their vectors after the last layer, or those of the whole text. */
type Advance = (tokens: Int32Array) => Promise<Hidden>

function wholeText(forward: Forward, model: MoeModel, signal: AbortSignal | undefined): Advance {
  let text = new Int32Array()
  return async (tokens) => {
    text = Int32Array.of(...text, ...tokens)
    const hidden = await forward.embed(model, [text])
    for (let index = 0; index < model.layers.length; index++) await forward.runLayer(model, index, hidden, { signal })
    return hidden
  }
}

function stepByStep(forward: Forward, model: MoeModel, signal: AbortSignal | undefined): Advance {
  const past = model.layers.map((): PastTokens => ({ count: 0, keys: new Float32Array(), values: new Float32Array() }))
  return async (tokens) => {
    const hidden = await forward.embed(model, [tokens])
    for (const [index, layer] of model.layers.entries()) {
      past[index] = await stepLayer(forward.compute, model, layer, hidden, past[index] as PastTokens, signal)
    }
    return hidden
  }
}

/** Carries new tokens through one layer, in place; gives what the layer has seen with them. */
async function stepLayer(
  compute: ComputeSession,
  model: MoeModel,
  layer: MoeLayer,
  hidden: Hidden,
  before: PastTokens,
  signal: AbortSignal | undefined,
): Promise<PastTokens> {
  const { shape } = model
  const { window, feedForward } = layerKind(shape, layer.index)
  const rotation = await layerRotation(model, layer.index)
  const rule = feedForward === 'routed' ? await layerRule(shape, layer) : null
  const count = hidden.data.length / hidden.size
  const dense: DenseResult = {
    normalized: new Float32Array(hidden.data.length),
    routing: newRouting(count, rule === null ? 0 : shape.expertsPerToken),
  }
  const sources = Object.fromEntries(attentionWeights(shape, layer.index).map(({ role }) => [role, tensorOf(layer, role)]))
  const seen = await withWeights(compute, sources, async (weights) => {
    let past = before
    for (let first = 0; first < count; first += TOKENS_AT_ONCE) {
      signal?.throwIfAborted()
      const tokens = Math.min(TOKENS_AT_ONCE, count - first)
      const batch = hidden.data.subarray(first * hidden.size, (first + tokens) * hidden.size)
      const feeds = { hidden: hostTensor(batch, [tokens, hidden.size]), ...stepInputs(shape, rotation, window, tokens, past), ...weights }
      const results = await compute.run(stepGraph(shape, layer.index, tokens, past.count > 0), feeds)
      batch.set(outputOf(results, 'residual'))
      dense.normalized.set(outputOf(results, 'normalized'), first * hidden.size)
      if (rule !== null) routeTokens(dense.routing, first, outputOf(results, 'probabilities'), rule)
      past = {
        count: past.count + tokens,
        keys: joined(past.keys, outputOf(results, 'keys')),
        values: joined(past.values, outputOf(results, 'values')),
      }
    }
    return past
  })
  const added = await runFeedForward(compute, shape, layer, dense, { signal }, () => undefined)
  for (let i = 0; i < added.length; i++) hidden.data[i] = (hidden.data[i] as number) + (added[i] as number)
  return seen
}

function joined(a: Float32Array, b: Float32Array): Float32Array {
  const both = new Float32Array(a.length + b.length)
  both.set(a)
  both.set(b, a.length)
  return both
}

function mostLikely(logits: Float32Array): number {
  let best = 0
  for (let id = 1; id < logits.length; id++) if ((logits[id] as number) > (logits[best] as number)) best = id
  return best
}
