import type { ModelShape } from '../architectures/architecture.ts'
import type { ComputeSession } from '../compute/session.ts'
import { hostTensor } from '../compute/tensor-handle.ts'
import { expertGraph } from './expert.ts'
import { outputOf } from './outputs.ts'
import { TOKENS_AT_ONCE } from './run-experts.ts'
import { withWeights } from './weights.ts'

/** The matrices of one expert, as read from a checkpoint or changed since. */
export interface ExpertWeights {
  readonly gate: Float32Array // (width, hidden)
  readonly up: Float32Array // (width, hidden)
  readonly down: Float32Array // (hidden, width)
}

/** What an expert made of n vectors. */
export interface ExpertResult {
  /** down (silu(gate x) * (up x)), no gate applied. (n, hidden) */
  readonly result: Float32Array
  /** silu(gate x) * (up x): the input of down. (n, width) */
  readonly activated: Float32Array
}

function checkSize(name: string, values: Float32Array, size: number): void {
  if (values.length !== size) throw new RangeError(`${name} of ${values.length} numbers does not fit an expert that wants ${size}`)
}

/** Runs one expert, or a network of its form, on `x` (n, hidden), batch by batch. Throws RangeError when a size does not fit `shape`. */
export async function runExpertOn(
  compute: ComputeSession,
  shape: ModelShape,
  weights: ExpertWeights,
  x: Float32Array,
  width: number = shape.expertWidth,
): Promise<ExpertResult> {
  const { hidden } = shape
  const count = Math.ceil(x.length / hidden)
  checkSize('gate', weights.gate, width * hidden)
  checkSize('up', weights.up, width * hidden)
  checkSize('down', weights.down, width * hidden)
  checkSize('x', x, count * hidden)
  const out: ExpertResult = { result: new Float32Array(x.length), activated: new Float32Array(count * width) }
  const graph = expertGraph(hidden, width, 'activated')
  const source = (values: Float32Array, dims: readonly [number, number]) => ({ shape: dims, read: async () => values })
  const sources = {
    gate: source(weights.gate, [width, hidden]),
    up: source(weights.up, [width, hidden]),
    down: source(weights.down, [hidden, width]),
  }
  await withWeights(compute, sources, async (uploaded) => {
    for (let start = 0; start < count; start += TOKENS_AT_ONCE) {
      const end = Math.min(count, start + TOKENS_AT_ONCE)
      const results = await compute.run(graph, {
        x: hostTensor(x.subarray(start * hidden, end * hidden), [end - start, hidden]),
        ...uploaded,
      })
      out.result.set(outputOf(results, 'result'), start * hidden)
      out.activated.set(outputOf(results, 'activated'), start * width)
    }
  })
  return out
}
