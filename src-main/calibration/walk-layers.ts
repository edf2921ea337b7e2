import { isExpertRole, tapOf, type Tap } from '../architectures/parts.ts'
import { mixedWidth } from '../architectures/shape.ts'
import { ExpectedError } from '../contract/errors.ts'
import type { AttentionInputs, DenseResult } from '../forward/capture.ts'
import type { Forward } from '../forward/forward.ts'
import { queueByExpert } from '../forward/routing.ts'
import { commonNetwork, type CommonNetwork } from '../forward/run-common.ts'
import type { Kernels } from '../kernels/kernels.ts'
import type { MoeModel } from '../model/moe-model.ts'
import { assertFinite } from '../model/finite.ts'
import type { LayerAtHand, MatrixRole } from './layer-at-hand.ts'
import { roundHere } from './rounding-jobs.ts'
import type { RoundingJobs } from './rounding-jobs.ts'
import { meanMoment, outerSum, shrunkMoment } from './second-moments.ts'
import { sourcesOf } from './stored-tensors.ts'

/** How the layers are walked. */
export interface WalkOptions {
  readonly kernels: Kernels
  /** Threads to round on; by default this one does. */
  readonly rounding?: RoundingJobs
  readonly signal: AbortSignal
  /** First layer to stop at; the ones before it are only passed through. */
  readonly from: number
  /** Whether the inputs of the attention matrices are wanted. */
  readonly attention: boolean
  /** Layer `layer` of the original has run to `share`, 0..1. */
  readonly onProgress?: (layer: number, share: number) => void
}

/**
 * Carries the calibration text through the original model and stops at every layer with what flowed into its matrices. One layer's
 * activations are in memory at a time. Throws what `Forward.runLayer` throws.
 */
export async function* walkLayers(
  forward: Forward,
  model: MoeModel,
  windows: readonly Int32Array[],
  options: WalkOptions,
): AsyncGenerator<LayerAtHand> {
  const hidden = await forward.embed(model, windows)
  for (const { index } of model.layers) {
    const attention: AttentionInputs[] = []
    let routed: DenseResult | null = null
    const wanted = index >= options.from
    await forward.runLayer(model, index, hidden, {
      signal: options.signal,
      onProgress: (share) => options.onProgress?.(index, share),
      capture: wanted
        ? {
            onRouted: (dense) => {
              routed = dense
            },
            ...(options.attention ? { onAttentionInputs: (batch: AttentionInputs) => attention.push(batch) } : {}),
          }
        : undefined,
    })
    if (wanted) yield new OpenLayer(forward, model, index, seen(routed), attention, options)
  }
}

function seen(routed: DenseResult | null): DenseResult {
  if (routed === null) throw new Error('the layer ran without routing')
  return routed
}

/** Tokens whose inputs of a down matrix that all tokens reach are held at once. */
const COMMON_TOKENS = 8192

/** Sum of x x^T over `count` tokens. */
interface Sum {
  readonly sum: Float64Array
  readonly count: number
}

/** A layer with the activations of one pass. */
class OpenLayer implements LayerAtHand {
  readonly index: number
  readonly shape: LayerAtHand['shape']
  readonly layer: LayerAtHand['layer']
  readonly kernels: Kernels
  readonly rounding: RoundingJobs
  readonly signal: AbortSignal
  readonly tokens: number
  readonly #model: MoeModel
  readonly #forward: Forward
  readonly #dense: DenseResult
  readonly #queues: ReturnType<typeof queueByExpert>
  readonly #attention: readonly AttentionInputs[]
  /** Sums over the whole layer, made once: they are what every expert leans on. */
  readonly #sums = new Map<Tap, Promise<Sum>>()

  constructor(
    forward: Forward,
    model: MoeModel,
    index: number,
    dense: DenseResult,
    attention: readonly AttentionInputs[],
    options: WalkOptions,
  ) {
    const layer = model.layers[index]
    if (layer === undefined) throw new RangeError(`the model has no layer ${index}`)
    this.index = index
    this.shape = model.shape
    this.layer = layer
    this.kernels = options.kernels
    this.rounding = options.rounding ?? roundHere(options.kernels)
    this.signal = options.signal
    this.tokens = dense.normalized.length / model.shape.hidden
    this.#model = model
    this.#forward = forward
    this.#dense = dense
    this.#queues = queueByExpert(dense.routing, layer.experts.length)
    this.#attention = attention
  }

  get matrices(): LayerAtHand['matrices'] {
    return this.#forward.matrices
  }
  get routing(): LayerAtHand['routing'] {
    return this.#dense.routing
  }
  get compute(): LayerAtHand['compute'] {
    return this.#forward.compute
  }

  gatesOf(expert: number): Float32Array {
    const { starts, gates } = this.#queues
    return gates.subarray(starts[expert], starts[expert + 1])
  }

  inputsOf(expert: number): Float32Array {
    const { starts, tokens } = this.#queues
    const { hidden } = this.shape
    const rows = tokens.subarray(starts[expert], starts[expert + 1])
    const out = new Float32Array(rows.length * hidden)
    for (const [row, token] of rows.entries()) out.set(this.#dense.normalized.subarray(token * hidden, (token + 1) * hidden), row * hidden)
    return out
  }

  runExpert(
    weights: { gate: Float32Array; up: Float32Array; down: Float32Array },
    inputs: Float32Array,
  ): ReturnType<LayerAtHand['runExpert']> {
    this.signal.throwIfAborted()
    return this.#forward.expert(this.shape, weights, inputs)
  }

  async weights(role: MatrixRole, expert: number): Promise<Float32Array> {
    this.signal.throwIfAborted()
    const tensor = sourcesOf(this.#model, { layer: this.index, role })[isExpertRole(role) ? expert : 0]
    if (tensor === undefined) throw new RangeError(`layer ${this.index} has no expert ${expert}`)
    const values = await tensor.read()
    assertFinite(tensor.name, values)
    return values
  }

  async secondMoment(role: MatrixRole, expert: number | null): Promise<Float32Array> {
    this.signal.throwIfAborted()
    const moment = await this.#moment(role, expert)
    if (moment.some((value) => !Number.isFinite(value)))
      throw new ExpectedError('tensor-not-finite', { where: 'activations', layer: this.index, role, expert })
    return moment
  }

  async #moment(role: MatrixRole, expert: number | null): Promise<Float32Array> {
    const tap = tapOf(role)
    if (tap === null) throw new RangeError(`${role} is fed by nothing`)
    const { sum, count } = await this.#layerSum(tap)
    if ((tap !== 'expert' && tap !== 'expertDown') || expert === null) return meanMoment(sum, count)
    const own = await this.#expertSum(tap, expert)
    return shrunkMoment(own, this.gatesOf(expert).length, sum, count)
  }

  #layerSum(tap: Tap): Promise<Sum> {
    const known = this.#sums.get(tap) ?? this.#sumOf(tap)
    this.#sums.set(tap, known)
    return known
  }

  #sumOf(tap: Tap): Promise<Sum> {
    switch (tap) {
      case 'expert':
      case 'expertDown':
        return this.#sumOfExperts(tap)
      case 'common':
        return this.#sumOfRows([this.#dense.normalized], this.shape.hidden)
      case 'commonDown':
        return this.#sumOfRows(this.#commonDownInputs(this.#network()), this.#network().width)
      default:
        return this.#sumOfAttention(tap)
    }
  }

  async #sumOfExperts(kind: 'expert' | 'expertDown'): Promise<Sum> {
    const size = kind === 'expertDown' ? this.shape.expertWidth : this.shape.hidden
    const sum = new Float64Array(size * size)
    for (let expert = 0; expert < this.layer.experts.length; expert++) {
      if (this.gatesOf(expert).length === 0) continue
      const own = await this.#expertSum(kind, expert)
      for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] as number) + (own[i] as number)
    }
    return { sum, count: this.#queues.tokens.length }
  }

  #network(): CommonNetwork {
    const network = commonNetwork(this.shape, this.layer)
    if (network === null) throw new RangeError(`layer ${this.index} has no network that all tokens pass`)
    return network
  }

  async #sumOfAttention(tap: 'attention' | 'attentionOutput' | 'latentQuery' | 'latent'): Promise<Sum> {
    if (this.#attention.length === 0) throw new Error('the walk was not asked for the inputs of attention')
    const { hidden, traits } = this.shape
    const { latent } = traits
    switch (tap) {
      case 'attention':
        return this.#sumOfRows(
          this.#attention.map(({ input }) => input),
          hidden,
        )
      case 'attentionOutput':
        return this.#sumOfRows(
          this.#attention.map(({ outputInput }) => outputInput),
          mixedWidth(this.shape),
        )
      case 'latentQuery':
        return this.#sumOfRows(
          this.#attention.flatMap(({ latentQuery }) => latentQuery ?? []),
          latent?.queryRank ?? 0,
        )
      case 'latent':
        return this.#sumOfRows(
          this.#attention.flatMap(({ latent: rows }) => rows ?? []),
          latent?.rank ?? 0,
        )
    }
  }

  /** What the network all tokens pass feeds its down matrix with, run again by batches: all at once may be far more than its input. */
  async *#commonDownInputs(network: CommonNetwork): AsyncGenerator<Float32Array> {
    const [gate, up, down] = [await network.gate.read(), await network.up.read(), await network.down.read()]
    const { normalized } = this.#dense
    const step = COMMON_TOKENS * this.shape.hidden
    for (let start = 0; start < normalized.length; start += step) {
      this.signal.throwIfAborted()
      const x = normalized.subarray(start, start + step)
      yield (await this.#forward.expert(this.shape, { gate, up, down }, x, network.width)).activated
    }
  }

  /** Sum of x x^T over the rows of some batches. (size, size) */
  async #sumOfRows(batches: Iterable<Float32Array> | AsyncIterable<Float32Array>, size: number): Promise<Sum> {
    const sum = new Float64Array(size * size)
    for await (const rows of batches) {
      const part = await outerSum(this.matrices, rows, size, null)
      for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] as number) + (part[i] as number)
    }
    return { sum, count: this.tokens }
  }

  /** Sum over an expert's own tokens. Recomputed when asked again: 128 experts' sums would not fit. */
  async #expertSum(kind: 'expert' | 'expertDown', expert: number): Promise<Float64Array> {
    const { hidden, expertWidth } = this.shape
    const gates = this.gatesOf(expert)
    if (gates.length === 0) return new Float64Array((kind === 'expertDown' ? expertWidth : hidden) ** 2)
    const inputs = this.inputsOf(expert)
    if (kind === 'expert') return outerSum(this.matrices, inputs, hidden, this.#gateScales(gates))
    const [gate, up, down] = (await Promise.all(
      (['expertGate', 'expertUp', 'expertDown'] as const).map((role) => this.weights(role, expert)),
    )) as [Float32Array, Float32Array, Float32Array]
    const { activated } = await this.runExpert({ gate, up, down }, inputs)
    return outerSum(this.matrices, activated, expertWidth, null)
  }

  /** Squared gates, relative to their mean over the layer. */
  #gateScales(gates: Float32Array): Float32Array {
    const all = this.#queues.gates
    const mean = all.reduce((sum, gate) => sum + gate * gate, 0) / Math.max(1, all.length)
    return gates.map((gate) => (gate * gate) / (mean || 1))
  }
}
