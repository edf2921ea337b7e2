import { tensorOf } from '../../src-main/model/moe-model.ts'
import type { ModelShape } from '../../src-main/architectures/architecture.ts'
import type { MoeLayer } from '../../src-main/model/moe-model.ts'
import type { LazyTensor } from '../../src-main/tensor/tensor.ts'

type Vector = Float64Array<ArrayBuffer>

/** What one expert saw of one token: input, inner activation, output before the gate, gate. */
export interface RoutedPair {
  readonly token: number
  readonly expert: number
  readonly gate: number
  readonly x: Vector
  readonly inner: Vector
  readonly output: Vector
}

/** Everything a layer does, token by token, in float64 and without any library: the definition the engine is held to. */
export interface LayerTrace {
  readonly attentionInput: Vector[]
  readonly mixed: Vector[]
  /** Attention each token receives: sum over queries and heads. */
  readonly received: number[]
  readonly block: Vector[]
  readonly pairs: RoutedPair[]
  readonly combined: Vector[]
  readonly after: Vector[]
}

async function matrix(tensor: LazyTensor): Promise<(x: Vector) => Vector> {
  const weight = await tensor.read()
  const columns = tensor.shape.at(-1) ?? 1
  return (x) =>
    Float64Array.from({ length: weight.length / columns }, (_, row) => {
      let sum = 0
      for (let i = 0; i < columns; i++) sum += (weight[row * columns + i] as number) * (x[i] as number)
      return sum
    })
}

function norm(x: Vector, weight: Float32Array, epsilon: number): Vector {
  const scale = 1 / Math.sqrt(x.reduce((sum, value) => sum + value * value, 0) / x.length + epsilon)
  return x.map((value, i) => value * scale * (weight[i] as number))
}

function softmax(scores: Vector): Vector {
  const highest = scores.reduce((most, value) => Math.max(most, value), -Infinity)
  const powers = scores.map((value) => Math.exp(value - highest))
  const total = powers.reduce((sum, value) => sum + value, 0)
  return powers.map((value) => value / total)
}

function rotate(x: Vector, position: number, base: number): Vector {
  const half = x.length / 2
  return x.map((value, i) => {
    const angle = position * Math.pow(base, (-2 * (i % half)) / x.length)
    const partner = i < half ? -(x[i + half] as number) : (x[i - half] as number)
    return value * Math.cos(angle) + partner * Math.sin(angle)
  })
}

const add = (a: Vector, b: Vector): Vector => a.map((value, i) => value + (b[i] as number))

/** Causal attention of one window's normalized inputs: the heads' mixed values, before the output matrix, and what each token receives. */
async function attend(shape: ModelShape, layer: MoeLayer, window: readonly Vector[]): Promise<{ mixed: Vector[]; received: number[] }> {
  const [query, key, value] = [
    await matrix(tensorOf(layer, 'query')),
    await matrix(tensorOf(layer, 'key')),
    await matrix(tensorOf(layer, 'value')),
  ]
  const [queryNorm, keyNorm] = [await tensorOf(layer, 'queryNorm').read(), await tensorOf(layer, 'keyNorm').read()]
  const size = shape.headSize
  const heads = (x: Vector): Vector[] => Array.from({ length: x.length / size }, (_, head) => x.slice(head * size, (head + 1) * size))
  const q = window.map((x, t) => heads(query(x)).map((head) => rotate(norm(head, queryNorm, shape.normEpsilon), t, shape.ropeBase)))
  const k = window.map((x, t) => heads(key(x)).map((head) => rotate(norm(head, keyNorm, shape.normEpsilon), t, shape.ropeBase)))
  const v = window.map((x) => heads(value(x)))
  const received = window.map(() => 0)
  const mixed = window.map((_, t) => {
    const out = new Float64Array(shape.heads * size)
    for (let head = 0; head < shape.heads; head++) {
      const group = Math.floor(head / (shape.heads / shape.kvHeads))
      const from = q[t]?.[head] as Vector
      const dot = (other: Vector): number => from.reduce((sum, value, i) => sum + value * (other[i] as number), 0)
      const weights = softmax(Float64Array.from({ length: t + 1 }, (_v, s) => dot(k[s]?.[group] as Vector) / Math.sqrt(size)))
      weights.forEach((weight, s) => {
        received[s] = (received[s] as number) + weight
      })
      weights.forEach((weight, s) =>
        (v[s]?.[group] as Vector).forEach((value, i) => {
          out[head * size + i] = (out[head * size + i] as number) + weight * value
        }),
      )
    }
    return out
  })
  return { mixed, received }
}

/** Runs one layer over `stream`, cut into windows of `lengths`. */
export async function referenceLayer(
  shape: ModelShape,
  layer: MoeLayer,
  stream: readonly Vector[],
  lengths: readonly number[],
): Promise<LayerTrace> {
  const attentionNorm = await tensorOf(layer, 'attentionNorm').read()
  const attentionInput = stream.map((x) => norm(x, attentionNorm, shape.normEpsilon))
  const mixed: Vector[] = []
  const received: number[] = []
  let at = 0
  for (const length of lengths) {
    const attended = await attend(shape, layer, attentionInput.slice(at, at + length))
    mixed.push(...attended.mixed)
    received.push(...attended.received)
    at += length
  }
  const toOutput = await matrix(tensorOf(layer, 'attentionOutput'))
  const block = mixed.map(toOutput)
  const between = stream.map((x, t) => add(x, block[t] as Vector))
  const pairs = await routeAndRun(shape, layer, between)
  const combined = stream.map(() => new Float64Array(shape.hidden))
  for (const { token, gate, output } of pairs)
    combined[token] = add(
      combined[token] as Vector,
      output.map((value) => gate * value),
    )
  return { attentionInput, mixed, received, block, pairs, combined, after: between.map((x, t) => add(x, combined[t] as Vector)) }
}

async function routeAndRun(shape: ModelShape, layer: MoeLayer, stream: readonly Vector[]): Promise<RoutedPair[]> {
  const [expertNorm, router] = [await tensorOf(layer, 'expertNorm').read(), await matrix(tensorOf(layer, 'router'))]
  const experts = await Promise.all(
    layer.experts.map(async ({ gate, up, down }) => ({ gate: await matrix(gate), up: await matrix(up), down: await matrix(down) })),
  )
  return stream.flatMap((h, token) => {
    const x = norm(h, expertNorm, shape.normEpsilon)
    const probabilities = softmax(router(x))
    const chosen = [...probabilities.keys()]
      .sort((a, b) => (probabilities[b] as number) - (probabilities[a] as number))
      .slice(0, shape.expertsPerToken)
    const total = shape.normalizeGates ? chosen.reduce((sum, expert) => sum + (probabilities[expert] as number), 0) : 1
    return chosen.map((expert): RoutedPair => {
      const { gate, up, down } = experts[expert] as (typeof experts)[number]
      const lifted = up(x)
      const inner = gate(x).map((value, i) => (value / (1 + Math.exp(-value))) * (lifted[i] as number))
      return { token, expert, gate: (probabilities[expert] as number) / total, x, inner, output: down(inner) }
    })
  })
}
