import type { ModelShape } from '../architectures/architecture.ts'
import type { Graph } from '../compute/graph.ts'
import type { ComputeSession } from '../compute/session.ts'
import { hostTensor } from '../compute/tensor-handle.ts'
import type { DeviceTensor, HostTensor } from '../compute/tensor-handle.ts'
import type { MoeLayer } from '../model/moe-model.ts'
import type { DenseResult } from './capture.ts'
import { expertGraph } from './expert.ts'
import type { LayerOptions } from './layer-options.ts'
import type { LayerObserver } from './observer.ts'
import { outputOf } from './outputs.ts'
import { queueByExpert } from './routing.ts'
import { withWeights } from './weights.ts'

/** Tokens of one run of an expert. */
export const TOKENS_AT_ONCE = 4096

/** The tokens of one expert, with their gates. */
interface Queue {
  readonly expert: number
  readonly tokens: Int32Array
  readonly gates: Float32Array
}

/** Copies the vectors of `tokens` from `source` next to each other into `target`. */
function gatherRows(target: Float32Array, source: Float32Array, tokens: Int32Array, size: number): void {
  for (let row = 0; row < tokens.length; row++) {
    const at = (tokens[row] as number) * size
    target.set(source.subarray(at, at + size), row * size)
  }
}

/** Adds gate times row to the vector of each row's token. One after the other, so the sum never depends on threads. */
function addRows(target: Float32Array, rows: Float32Array, tokens: Int32Array, gates: Float32Array, size: number): void {
  for (let row = 0; row < tokens.length; row++) {
    const gate = gates[row] as number
    const into = (tokens[row] as number) * size
    const from = row * size
    for (let i = 0; i < size; i++) target[into + i] = (target[into + i] as number) + gate * (rows[from + i] as number)
  }
}

/** Ones and squared gates: the two weights of an expert's sums. (2, tokens) */
function squaredGates(gates: Float32Array): Float32Array {
  const out = new Float32Array(2 * gates.length).fill(1)
  for (let i = 0; i < gates.length; i++) out[gates.length + i] = (gates[i] as number) ** 2
  return out
}

function reportExpert(observer: LayerObserver, expert: number, gates: Float32Array, results: Readonly<Record<string, HostTensor>>): void {
  observer.expert({
    expert,
    gates,
    outputNorms: outputOf(results, 'outputSquares').map(Math.sqrt),
    maxOutput: outputOf(results, 'largest')[0] as number,
    input: outputOf(results, 'inputSquares'),
    downInput: outputOf(results, 'downInputSquares'),
  })
}

/** Runs one expert over its queue, batch by batch, and adds its gated output to `combined`. */
async function runExpert(
  compute: ComputeSession,
  graph: Graph,
  weights: Readonly<Record<string, DeviceTensor>>,
  queue: Queue,
  rows: { normalized: Float32Array; combined: Float32Array; scratch: Float32Array; size: number },
  observer: LayerObserver | undefined,
): Promise<void> {
  const { size } = rows
  for (let start = 0; start < queue.tokens.length; start += TOKENS_AT_ONCE) {
    const tokens = queue.tokens.subarray(start, start + TOKENS_AT_ONCE)
    const gates = queue.gates.subarray(start, start + TOKENS_AT_ONCE)
    const x = rows.scratch.subarray(0, tokens.length * size)
    gatherRows(x, rows.normalized, tokens, size)
    const observed: Record<string, HostTensor> =
      observer === undefined ? {} : { squaredGates: hostTensor(squaredGates(gates), [2, tokens.length]) }
    const results = await compute.run(graph, { x: hostTensor(x, [tokens.length, size]), ...weights, ...observed })
    addRows(rows.combined, outputOf(results, 'result'), tokens, gates, size)
    if (observer !== undefined) reportExpert(observer, queue.expert, gates, results)
  }
}

/**
 * Runs the experts one after the other over the tokens routed to them: the gated sum of their outputs, (tokens, hidden).
 * `onProgress` is told the share of the routed pairs that is done. Weights of an expert nobody goes to are not read.
 */
export async function runExperts(
  compute: ComputeSession,
  shape: ModelShape,
  layer: MoeLayer,
  dense: DenseResult,
  options: LayerOptions,
  onProgress: (share: number) => void,
): Promise<Float32Array> {
  const { starts, tokens, gates } = queueByExpert(dense.routing, shape.experts)
  const queues = layer.experts.map((_, expert): Queue => ({
    expert,
    tokens: tokens.subarray(starts[expert], starts[expert + 1]),
    gates: gates.subarray(starts[expert], starts[expert + 1]),
  }))
  options.observer?.routed(queues.map((queue) => queue.tokens.length))
  const longest = queues.reduce((most, queue) => Math.max(most, queue.tokens.length), 0)
  const rows = {
    normalized: dense.normalized,
    combined: new Float32Array(dense.normalized.length),
    scratch: new Float32Array(Math.min(TOKENS_AT_ONCE, longest) * shape.hidden),
    size: shape.hidden,
  }
  const graph = expertGraph(shape.hidden, shape.expertWidth, options.observer === undefined ? 'plain' : 'sums')
  for (const [expert, { gate, up, down }] of layer.experts.entries()) {
    options.signal?.throwIfAborted()
    const queue = queues[expert]
    if (queue === undefined || queue.tokens.length === 0) continue
    await withWeights(compute, { gate, up, down }, (weights) => runExpert(compute, graph, weights, queue, rows, options.observer))
    onProgress((starts[expert + 1] as number) / tokens.length)
  }
  return rows.combined
}
