import { defineGraph, linear, rmsNorm } from '../compute/graph.ts'
import type { Graph } from '../compute/graph.ts'
import type { ComputeSession } from '../compute/session.ts'
import { hostTensor } from '../compute/tensor-handle.ts'
import type { DeviceTensor } from '../compute/tensor-handle.ts'
import type { ModelShape } from '../architectures/architecture.ts'
import type { MoeModel } from '../model/moe-model.ts'
import { tokenCount } from './hidden.ts'
import type { Hidden } from './hidden.ts'
import { scaled } from './heads.ts'
import { outputOf } from './outputs.ts'
import { withWeights } from './weights.ts'

/** Bytes of one piece of the output matrix: devices limit a buffer to 1 GB, some to less. */
const PIECE_BYTES = 256 << 20
/** Logits of one run: 64 MB of float32. */
const LOGITS_AT_ONCE = 1 << 24
/** Tokens of one run that only sums. */
const SUM_TOKENS = 2048

/** Some rows of the output matrix on the device. */
interface Piece {
  readonly start: number
  readonly rows: number
  readonly weight: DeviceTensor
}

function logitsGraph(shape: ModelShape): Graph {
  return defineGraph(`logits-${shape.hidden}-${shape.normEpsilon}-${shape.traits.logitScale}`, (g) => {
    const x = g.input('hidden', ['tokens', shape.hidden])
    const normed = rmsNorm(g, x, g.input('norm', [shape.hidden]), shape.normEpsilon)
    const logits = linear(g, normed, g.input('weight', ['rows', shape.hidden]))
    g.output('logits', scaled(g, logits, shape.traits.logitScale), ['tokens', 'rows'])
  })
}

/** Per token: log sum_v exp(q_v) and sum_v p_v q_v over the piece's rows. */
function crossEntropyGraph(shape: ModelShape): Graph {
  return defineGraph(`cross-entropy-${shape.hidden}-${shape.normEpsilon}-${shape.traits.logitScale}`, (g) => {
    const x = g.input('hidden', ['tokens', shape.hidden])
    const normed = rmsNorm(g, x, g.input('norm', [shape.hidden]), shape.normEpsilon)
    const logits = scaled(g, linear(g, normed, g.input('weight', ['rows', shape.hidden])), shape.traits.logitScale)
    const axis = g.integers([1])
    const sumRows = (value: string): string => g.call('ReduceSum', [value, axis], { keepdims: { int: 0 } })
    // Spelled out: ReduceLogSumExp takes three times as long on the CPU.
    const most = g.call('ReduceMax', [logits, axis], { keepdims: { int: 1 } })
    const shifted = sumRows(g.call('Exp', [g.call('Sub', [logits, most])]))
    g.output('logSums', g.call('Add', [g.call('Log', [shifted]), g.call('Squeeze', [most, axis])]), ['tokens'])
    g.output('products', sumRows(g.call('Mul', [g.input('probabilities', ['tokens', 'rows']), logits])), ['tokens'])
  })
}

function inputPowerGraph(shape: ModelShape): Graph {
  return defineGraph(`output-input-${shape.hidden}-${shape.normEpsilon}`, (g) => {
    const x = g.input('hidden', ['tokens', shape.hidden])
    const normed = rmsNorm(g, x, g.input('norm', [shape.hidden]), shape.normEpsilon)
    g.output('squares', g.call('ReduceSumSquare', [normed, g.integers([0])], { keepdims: { int: 0 } }), [shape.hidden])
  })
}

/** Vectors [start, start + count) of the stream as a tensor, without a copy. */
function rows(hidden: Hidden, start: number, count: number): { data: Float32Array; dims: readonly number[] } {
  return hostTensor(hidden.data.subarray(start * hidden.size, (start + count) * hidden.size), [count, hidden.size])
}

/** Most tokens worth asking an output matrix for in one call. */
export function logitTokens(shape: ModelShape): number {
  return Math.max(1, Math.min(1024, Math.floor(LOGITS_AT_ONCE / shape.vocabulary)))
}

/** The last norm and the output matrix of one model, held for a pass over many tokens. Close it in `finally`. */
export class OutputHead {
  readonly #compute: ComputeSession
  readonly #shape: ModelShape
  readonly #norm: DeviceTensor
  readonly #pieces: readonly Piece[]

  /** Use {@link openOutputHead}. */
  constructor(compute: ComputeSession, shape: ModelShape, norm: DeviceTensor, pieces: readonly Piece[]) {
    this.#compute = compute
    this.#shape = shape
    this.#norm = norm
    this.#pieces = pieces
  }

  /** Most tokens worth asking for in one call of {@link logits}. */
  get tokensAtOnce(): number {
    return logitTokens(this.#shape)
  }

  /** Logits of tokens [start, start + count) of the stream: (count, vocabulary). */
  async logits(hidden: Hidden, start: number, count: number): Promise<Float32Array> {
    const { vocabulary } = this.#shape
    const graph = logitsGraph(this.#shape)
    const out = this.#pieces.length === 1 ? null : new Float32Array(count * vocabulary)
    for (const piece of this.#pieces) {
      const results = await this.#compute.run(graph, { hidden: rows(hidden, start, count), norm: this.#norm, weight: piece.weight })
      const logits = outputOf(results, 'logits')
      if (out === null) return logits
      for (let token = 0; token < count; token++) {
        out.set(logits.subarray(token * piece.rows, (token + 1) * piece.rows), token * vocabulary + piece.start)
      }
    }
    if (out === null) throw new Error('the output matrix has no rows')
    return out
  }

  /** Rows of the output matrix in each piece: how {@link crossEntropies} wants probabilities cut. */
  get pieceRows(): readonly number[] {
    return this.#pieces.map((piece) => piece.rows)
  }

  /**
   * -sum_v p_v log q_v of tokens [start, start + count), computed on the device: q is this model's prediction, p what it is held against.
   * @param probabilities p by piece of {@link pieceRows}, each (count, rows)
   * @returns nats (count)
   */
  async crossEntropies(hidden: Hidden, start: number, count: number, probabilities: readonly Float32Array[]): Promise<Float64Array> {
    const graph = crossEntropyGraph(this.#shape)
    const logSums = new Float64Array(count).fill(-Infinity)
    const products = new Float64Array(count)
    for (const [index, piece] of this.#pieces.entries()) {
      const own = probabilities[index]
      if (own === undefined) throw new RangeError(`no probabilities for piece ${index}`)
      const results = await this.#compute.run(graph, {
        hidden: rows(hidden, start, count),
        norm: this.#norm,
        weight: piece.weight,
        probabilities: hostTensor(own, [count, piece.rows]),
      })
      const [sums, dots] = [outputOf(results, 'logSums'), outputOf(results, 'products')]
      for (let token = 0; token < count; token++) {
        logSums[token] = addLogs(logSums[token] as number, sums[token] as number)
        products[token] = (products[token] as number) + (dots[token] as number)
      }
    }
    return logSums.map((sum, token) => sum - (products[token] as number))
  }

  /** Frees the matrix. */
  close(): void {
    this.#norm.dispose()
    for (const piece of this.#pieces) piece.weight.dispose()
  }
}

/** log(exp(a) + exp(b)). */
function addLogs(a: number, b: number): number {
  return a === -Infinity ? b : Math.max(a, b) + Math.log1p(Math.exp(-Math.abs(a - b)))
}

/** Reads the last norm and the output matrix of `model` in pieces. `pieceBytes` is for tests. */
export async function openOutputHead(compute: ComputeSession, model: MoeModel, pieceBytes: number = PIECE_BYTES): Promise<OutputHead> {
  const { hidden, vocabulary } = model.shape
  const pieces: Piece[] = []
  const norm = await compute.upload(hostTensor(await model.outputNorm.read(), [hidden]))
  try {
    const rowsPerPiece = Math.max(1, Math.floor(pieceBytes / (4 * hidden)))
    for (let start = 0; start < vocabulary; start += rowsPerPiece) {
      const count = Math.min(rowsPerPiece, vocabulary - start)
      pieces.push({
        start,
        rows: count,
        weight: await compute.upload(hostTensor(await model.output.readRows(start, count), [count, hidden])),
      })
    }
    return new OutputHead(compute, model.shape, norm, pieces)
  } catch (error) {
    norm.dispose()
    for (const piece of pieces) piece.weight.dispose()
    throw error
  }
}

/** Sum of x_j^2 at the input of the output matrix (after the last norm) over all tokens of the stream, in float64. (hidden) */
export async function outputInputPower(
  compute: ComputeSession,
  model: MoeModel,
  hidden: Hidden,
  signal?: AbortSignal,
): Promise<Float64Array> {
  const total = new Float64Array(model.shape.hidden)
  const graph = inputPowerGraph(model.shape)
  await withWeights(compute, { norm: model.outputNorm }, async ({ norm }) => {
    for (let start = 0; start < tokenCount(hidden); start += SUM_TOKENS) {
      signal?.throwIfAborted()
      const count = Math.min(SUM_TOKENS, tokenCount(hidden) - start)
      const squares = outputOf(await compute.run(graph, { hidden: rows(hidden, start, count), norm }), 'squares')
      for (let column = 0; column < squares.length; column++) total[column] = (total[column] as number) + (squares[column] as number)
    }
  })
  return total
}
