import type { ComputeSession } from '../compute/session.ts'
import { hostTensor } from '../compute/tensor-handle.ts'
import type { HostTensor } from '../compute/tensor-handle.ts'
import type { ModelShape } from '../architectures/architecture.ts'
import type { MoeLayer } from '../model/moe-model.ts'
import { ATTENTION_WEIGHTS, attentionGraph } from './attention.ts'
import { expertGraph } from './expert.ts'
import { tokenCount } from './hidden.ts'
import type { Hidden } from './hidden.ts'
import type { LayerObserver } from './observer.ts'
import { rotaryTable } from './rotary.ts'
import type { RotaryTable } from './rotary.ts'
import { newRouting, queueByExpert, routeTokens } from './routing.ts'
import type { ExpertQueues, Routing } from './routing.ts'
import { withWeights } from './weights.ts'

/** Tokens of one run of the dense half: enough for full matrix speed, few enough to keep what lies between in memory. */
const ATTENTION_TOKENS = 1024
/** Tokens of one run of an expert. */
const EXPERT_TOKENS = 4096

/** How a layer is run. */
export interface LayerOptions {
  readonly observer?: LayerObserver | undefined
  /** Checked between runs; the layer then stops with the signal's reason and `hidden` must be thrown away. */
  readonly signal?: AbortSignal | undefined
  /** `share` of the layer's arithmetic that is done, 0..1, rising. */
  readonly onProgress?: ((share: number, activity: 'attention' | 'experts') => void) | undefined
}

/** What the dense half hands to the experts. */
interface Dense {
  readonly normalized: Float32Array // (tokens, hidden)
  readonly routing: Routing
}

/** Some windows of one length, next to each other. */
interface WindowRun {
  readonly firstToken: number
  readonly windows: number
  readonly length: number
}

/** An output a graph is known to have. */
function output(results: Readonly<Record<string, HostTensor>>, name: string): Float32Array {
  const tensor = results[name]
  if (tensor === undefined) throw new Error(`the graph has no output ${name}`)
  return tensor.data
}

const sum = (values: Float32Array): number => values.reduce((total, value) => total + value, 0)

/** Cuts the windows into runs of equal length and at most ATTENTION_TOKENS tokens (one window may be longer). */
export function windowRuns(windows: readonly number[]): WindowRun[] {
  const runs: WindowRun[] = []
  let firstToken = 0
  for (const length of windows) {
    const last = runs.at(-1)
    if (length === 0) continue
    if (last !== undefined && last.length === length && (last.windows + 1) * length <= ATTENTION_TOKENS) runs[runs.length - 1] = { ...last, windows: last.windows + 1 }
    else runs.push({ firstToken, windows: 1, length })
    firstToken += length
  }
  return runs
}

/** Multiply-adds of one token: dense matrices and scores, then experts. Only their ratio is used. */
function work(shape: ModelShape, hidden: Hidden): { attention: number; experts: number } {
  const tokens = tokenCount(hidden)
  const dense = shape.hidden * (2 * shape.heads + 2 * shape.kvHeads) * shape.headSize + shape.hidden * shape.experts
  const scores = hidden.windows.reduce((total, length) => total + length * length, 0) * shape.heads * shape.headSize
  return { attention: tokens * dense + scores, experts: tokens * shape.expertsPerToken * 3 * shape.hidden * shape.expertWidth }
}

function reportAttention(observer: LayerObserver, tokens: number, results: Readonly<Record<string, HostTensor>>): void {
  observer.attention({
    tokens,
    input: output(results, 'inputSquares'),
    outputInput: output(results, 'outputInputSquares'),
    power: sum(output(results, 'blockSquares')),
  })
}

/** Runs the dense half over all windows: `hidden` becomes the stream after attention; the experts' inputs and routes are returned. */
async function runDense(compute: ComputeSession, shape: ModelShape, layer: MoeLayer, hidden: Hidden, options: LayerOptions): Promise<Dense> {
  const tokens = tokenCount(hidden)
  const dense: Dense = { normalized: new Float32Array(hidden.data.length), routing: newRouting(tokens, shape.expertsPerToken) }
  const { attention, experts } = work(shape, hidden)
  const tables = new Map<number, RotaryTable>()
  const sources = Object.fromEntries(ATTENTION_WEIGHTS.map((role) => [role, layer[role]])) as Pick<MoeLayer, (typeof ATTENTION_WEIGHTS)[number]>
  await withWeights(compute, sources, async (weights) => {
    for (const run of windowRuns(hidden.windows)) {
      options.signal?.throwIfAborted()
      const count = run.windows * run.length
      const at = run.firstToken * hidden.size
      const batch = hidden.data.subarray(at, at + count * hidden.size)
      const table = tables.get(run.length) ?? rotaryTable(run.length, shape.headSize, shape.ropeBase)
      tables.set(run.length, table)
      const angles = [run.length, shape.headSize / 2]
      const results = await compute.run(attentionGraph(shape, run.windows, run.length, options.observer !== undefined), {
        hidden: hostTensor(batch, [count, hidden.size]), cos: hostTensor(table.cos, angles), sin: hostTensor(table.sin, angles), ...weights,
      })
      batch.set(output(results, 'residual'))
      dense.normalized.set(output(results, 'normalized'), at)
      routeTokens(dense.routing, run.firstToken, output(results, 'probabilities'), shape.experts, shape.normalizeGates)
      if (options.observer !== undefined) reportAttention(options.observer, count, results)
      options.onProgress?.(((run.firstToken + count) / tokens) * (attention / (attention + experts)), 'attention')
    }
  })
  return dense
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
    expert, gates,
    outputNorms: output(results, 'outputSquares').map(Math.sqrt),
    maxOutput: output(results, 'largest')[0] as number,
    input: output(results, 'inputSquares'),
    downInput: output(results, 'downInputSquares'),
  })
}

/** Runs the experts one after the other over the tokens routed to them; the gated sum of their outputs per token. */
async function runExperts(compute: ComputeSession, shape: ModelShape, layer: MoeLayer, hidden: Hidden, dense: Dense, options: LayerOptions): Promise<Float32Array> {
  const { size } = hidden
  const queues = queueByExpert(dense.routing, shape.experts)
  options.observer?.routed(Array.from({ length: shape.experts }, (_, expert) => queueLength(queues, expert)))
  const { attention, experts } = work(shape, hidden)
  const combined = new Float32Array(hidden.data.length)
  const scratch = new Float32Array(Math.min(EXPERT_TOKENS, tokenCount(hidden)) * size)
  const graph = expertGraph(size, shape.expertWidth, options.observer !== undefined)
  for (const [expert, matrices] of layer.experts.entries()) {
    options.signal?.throwIfAborted()
    if (queueLength(queues, expert) === 0) continue
    const end = queues.starts[expert + 1] as number
    await withWeights(compute, { gate: matrices.gate, up: matrices.up, down: matrices.down }, async (weights) => {
      for (let start = queues.starts[expert] as number; start < end; start += EXPERT_TOKENS) {
        const tokens = queues.tokens.subarray(start, Math.min(end, start + EXPERT_TOKENS))
        const gates = queues.gates.subarray(start, start + tokens.length)
        const x = scratch.subarray(0, tokens.length * size)
        gatherRows(x, dense.normalized, tokens, size)
        const observed = options.observer === undefined ? {} : { squaredGates: hostTensor(squaredGates(gates), [2, tokens.length]) }
        const results = await compute.run(graph, { x: hostTensor(x, [tokens.length, size]), ...weights, ...observed })
        addRows(combined, output(results, 'result'), tokens, gates, size)
        if (options.observer !== undefined) reportExpert(options.observer, expert, gates, results)
      }
    })
    options.onProgress?.((attention + (end / queues.tokens.length) * experts) / (attention + experts), 'experts')
  }
  return combined
}

function queueLength(queues: ExpertQueues, expert: number): number {
  return (queues.starts[expert + 1] as number) - (queues.starts[expert] as number)
}

/** Adds the experts' output to the stream; the squared norms of both. */
function addExperts(stream: Float32Array, combined: Float32Array): { residual: number; experts: number } {
  let residual = 0
  let experts = 0
  for (let i = 0; i < stream.length; i++) {
    const added = combined[i] as number
    const after = Math.fround((stream[i] as number) + added)
    stream[i] = after
    experts += added * added
    residual += after * after
  }
  return { residual, experts }
}

/** Carries `hidden` through one layer, in place. Only one expert's weights, or the dense ones, are in memory at a time. */
export async function runLayer(compute: ComputeSession, shape: ModelShape, layer: MoeLayer, hidden: Hidden, options: LayerOptions): Promise<void> {
  if (hidden.size !== shape.hidden) throw new RangeError(`vectors of ${hidden.size} do not fit a model of ${shape.hidden}`)
  options.signal?.throwIfAborted()
  const dense = await runDense(compute, shape, layer, hidden, options)
  const combined = await runExperts(compute, shape, layer, hidden, dense, options)
  const power = addExperts(hidden.data, combined)
  options.observer?.end(power)
}
