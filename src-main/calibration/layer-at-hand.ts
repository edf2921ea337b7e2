import type { LayerRole, ModelRole, ModelShape } from '../architectures/architecture.ts'
import { tapOf } from '../architectures/parts.ts'
import type { ExpertRole } from '../architectures/parts.ts'
import type { ComputeSession } from '../compute/session.ts'
import type { MatrixMath } from '../compute/matrix.ts'
import type { Routing } from '../forward/routing.ts'
import type { Kernels } from '../kernels/kernels.ts'
import type { MoeLayer } from '../model/moe-model.ts'
import type { RoundingJobs } from './rounding-jobs.ts'

/** The matrices of attention that every family with keys and values of their own has. */
export type AttentionRole = Extract<LayerRole, 'query' | 'key' | 'value' | 'attentionOutput'>

/** A layer's matrices whose inputs are looked at. */
export type MatrixRole =
  | ExpertRole
  | AttentionRole
  | Extract<LayerRole, 'queryA' | 'queryB' | 'kvA' | 'valueB' | 'ffnGate' | 'ffnUp' | 'ffnDown' | 'sharedGate' | 'sharedUp' | 'sharedDown'>

/** Whether a role is a matrix whose inputs are looked at. */
export function hasInputs(role: LayerRole | ModelRole): role is MatrixRole {
  return tapOf(role) !== null
}

/**
 * One layer on the work bench: its weights, and what the calibration text feeds each of its matrices in the original model. Everything is
 * read or computed when asked for; nothing is kept but the layer's activations.
 */
export interface LayerAtHand {
  readonly index: number
  readonly shape: ModelShape
  readonly layer: MoeLayer
  readonly kernels: Kernels
  /** The kernels that round, on the run's threads. */
  readonly rounding: RoundingJobs
  /** Matrix products on the run's device. */
  readonly matrices: MatrixMath
  /** The device itself, for graphs of one's own. */
  readonly compute: ComputeSession
  readonly signal: AbortSignal
  /** Tokens of the calibration text. */
  readonly tokens: number
  /** Where every token goes, in the order of the text. */
  readonly routing: Routing
  /** Gates of the tokens routed to an expert, in the order of `inputsOf`; its length is n_e. */
  gatesOf(expert: number): Float32Array
  /** Inputs of an expert's gate and up matrices. (n_e, hidden) */
  inputsOf(expert: number): Float32Array
  /** The expert's own output on its inputs, before its gate, and what its down matrix was fed. (n_e, hidden), (n_e, width) */
  runExpert(
    weights: { gate: Float32Array; up: Float32Array; down: Float32Array },
    inputs: Float32Array,
  ): Promise<{ result: Float32Array; activated: Float32Array }>
  /** Weights of one matrix, whole, as float32. @param expert ignored for matrices that exist once */
  weights(role: MatrixRole, expert: number): Promise<Float32Array>
  /**
   * Mean of x x^T at the input of a matrix, (in, in): an expert's own mean leans on the mean of its layer as if that were 256 more tokens,
   * so that an expert nobody was routed to has the layer's. For gate and up each token counts by its squared gate, scaled so that the
   * layer's mean of squared gates is 1.
   * @param expert null for the layer's mean over all routed tokens, or a matrix that exists once
   */
  secondMoment(role: MatrixRole, expert: number | null): Promise<Float32Array>
}
