import type { ModelShape } from '../architectures/architecture.ts'
import { concat, defineGraph, linear, reshape, rmsNorm, transpose } from '../compute/graph.ts'
import type { Graph, GraphBuilder, Value } from '../compute/graph.ts'
import { hostTensor } from '../compute/tensor-handle.ts'
import type { HostTensor } from '../compute/tensor-handle.ts'
import { rotaryTable } from './rotary.ts'

/** Keys and values of the tokens a layer has seen, token by token. */
export interface PastTokens {
  readonly count: number
  readonly keys: Float32Array // (count, kvHeads, headSize)
  readonly values: Float32Array // (count, kvHeads, headSize)
}

/**
 * The dense half of a layer for `tokens` new tokens of one text whose earlier tokens are known by their keys and values. Outputs as of
 * attentionGraph: residual and normalized (tokens, hidden), probabilities (tokens, experts); and the new tokens' own keys and values,
 * (tokens, kvHeads, headSize), keys turned to their positions.
 * @param withPast false for the first tokens of a text, which have none before them
 */
export function stepGraph(shape: ModelShape, tokens: number, withPast: boolean): Graph {
  const { hidden, heads, kvHeads, headSize, experts, normEpsilon } = shape
  const id = `step-${[hidden, heads, kvHeads, headSize, experts, normEpsilon, tokens, withPast].join('-')}`
  return defineGraph(id, (g) => {
    const x = g.input('hidden', [tokens, hidden])
    const at = {
      cos: g.input('cos', [tokens, headSize / 2]),
      sin: g.input('sin', [tokens, headSize / 2]),
      mask: g.input('mask', [tokens, 'keys']),
    }
    const normed = rmsNorm(g, x, g.input('attentionNorm', [hidden]), normEpsilon)
    const project = (name: string, count: number): Value => {
      return transpose(
        g,
        reshape(g, linear(g, normed, g.input(name, [count * headSize, hidden])), [1, tokens, count, headSize]),
        [0, 2, 1, 3],
      )
    }
    const turn = (value: Value, norm: string): Value => {
      return g.callMicrosoft('RotaryEmbedding', [
        rmsNorm(g, value, g.input(norm, [headSize]), normEpsilon),
        g.integers([0]),
        at.cos,
        at.sin,
      ])
    }
    const q = g.call('Mul', [turn(project('query', heads), 'queryNorm'), g.floats([1 / Math.sqrt(headSize)], [])])
    const k = turn(project('key', kvHeads), 'keyNorm')
    const v = project('value', kvHeads)
    const all = (own: Value, past: string): Value =>
      withPast ? concat(g, [headsFirst(g, g.input(past, ['past', kvHeads, headSize])), own], 2) : own
    const grouped = reshape(g, q, [1, kvHeads, (heads / kvHeads) * tokens, headSize])
    const scores = g.call('MatMul', [grouped, transpose(g, all(k, 'pastKeys'), [0, 1, 3, 2])])
    const weights = g.call('Softmax', [g.call('Add', [reshape(g, scores, [1, heads, tokens, -1]), at.mask])], { axis: { int: -1 } })
    const mixed = g.call('MatMul', [reshape(g, weights, [1, kvHeads, (heads / kvHeads) * tokens, -1]), all(v, 'pastValues')])
    const flat = reshape(g, transpose(g, reshape(g, mixed, [1, heads, tokens, headSize]), [0, 2, 1, 3]), [tokens, heads * headSize])
    const residual = g.call('Add', [x, linear(g, flat, g.input('attentionOutput', [hidden, heads * headSize]))])
    const normalized = rmsNorm(g, residual, g.input('expertNorm', [hidden]), normEpsilon)
    g.output('residual', residual, [tokens, hidden])
    g.output('normalized', normalized, [tokens, hidden])
    g.output('probabilities', g.call('Softmax', [linear(g, normalized, g.input('router', [experts, hidden]))], { axis: { int: -1 } }), [
      tokens,
      experts,
    ])
    g.output('keys', tokensFirst(g, k, [tokens, kvHeads, headSize]), [tokens, kvHeads, headSize])
    g.output('values', tokensFirst(g, v, [tokens, kvHeads, headSize]), [tokens, kvHeads, headSize])
  })
}

/** (tokens, heads, size) to (1, heads, tokens, size). */
function headsFirst(g: GraphBuilder, x: Value): Value {
  return g.call('Unsqueeze', [transpose(g, x, [1, 0, 2]), g.integers([0])])
}

function tokensFirst(g: GraphBuilder, x: Value, dims: readonly number[]): Value {
  return reshape(g, transpose(g, x, [0, 2, 1, 3]), dims)
}

/** What the graph is fed besides hidden states and weights: positions from `past.count` on, and a mask that hides later tokens. */
export function stepInputs(shape: ModelShape, tokens: number, past: PastTokens): Record<string, HostTensor> {
  const { headSize, kvHeads, ropeBase } = shape
  const { cos, sin } = rotaryTable(past.count + tokens, headSize, ropeBase)
  const from = (past.count * headSize) / 2
  const keys = past.count + tokens
  const mask = new Float32Array(tokens * keys)
  for (let row = 0; row < tokens; row++) mask.fill(-1e9, row * keys + past.count + row + 1, (row + 1) * keys)
  const dims = [past.count, kvHeads, headSize]
  return {
    cos: hostTensor(cos.subarray(from), [tokens, headSize / 2]),
    sin: hostTensor(sin.subarray(from), [tokens, headSize / 2]),
    mask: hostTensor(mask, [tokens, keys]),
    ...(past.count === 0 ? {} : { pastKeys: hostTensor(past.keys, dims), pastValues: hostTensor(past.values, dims) }),
  }
}
