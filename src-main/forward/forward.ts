import type { ModelShape } from '../architectures/architecture.ts'
import { matrixMath } from '../compute/matrix.ts'
import type { MatrixMath } from '../compute/matrix.ts'
import { openCompute } from '../compute/session.ts'
import type { ComputeOptions, ComputeSession } from '../compute/session.ts'
import type { DeviceId } from '../compute/tensor-handle.ts'
import type { MoeModel } from '../model/moe-model.ts'
import { embed } from './hidden.ts'
import type { Hidden } from './hidden.ts'
import { runLayer } from './layer.ts'
import type { LayerOptions } from './layer-options.ts'
import { openOutputHead, outputInputPower } from './output-head.ts'
import type { OutputHead } from './output-head.ts'
import { runExpertOn } from './run-expert-on.ts'
import type { ExpertResult, ExpertWeights } from './run-expert-on.ts'

/**
 * Runs models layer by layer on one device. It remembers compiled graphs, never weights: a model whose tensors were replaced
 * is simply another model. Close it in `finally`.
 */
export class Forward {
  readonly #compute: ComputeSession

  /** Use {@link openForward}. */
  constructor(compute: ComputeSession) {
    this.#compute = compute
  }

  /** The device, for graphs of one's own. */
  get compute(): ComputeSession {
    return this.#compute
  }

  get device(): DeviceId {
    return this.#compute.device
  }

  /** Matrix products on the same device. */
  get matrices(): MatrixMath {
    return matrixMath(this.#compute)
  }

  /** The stream before the first layer. Throws RangeError for a token outside the vocabulary. */
  embed(model: MoeModel, windows: readonly Int32Array[]): Promise<Hidden> {
    return embed(model, windows)
  }

  /**
   * Carries `hidden` through layer `index`, in place; tokens skip experts where the model is pruned. Throws the signal's reason when
   * aborted, ExpectedError 'out-of-memory', 'device-unavailable' or 'tensor-not-finite' when the machine or the weights fail; `hidden` is
   * then worthless.
   */
  async runLayer(model: MoeModel, index: number, hidden: Hidden, options: LayerOptions = {}): Promise<void> {
    const layer = model.layers[index]
    if (layer === undefined) throw new RangeError(`the model has no layer ${index}`)
    await runLayer(this.#compute, model, layer, hidden, options)
  }

  /**
   * Runs one expert, wherever its weights come from, on vectors of its input; gates are not applied.
   * @param width rows of gate and up, where they are not those of an expert
   * Throws RangeError when sizes do not fit `shape`, and what {@link runLayer} throws.
   */
  expert(shape: ModelShape, weights: ExpertWeights, x: Float32Array, width?: number): Promise<ExpertResult> {
    return runExpertOn(this.#compute, shape, weights, x, width)
  }

  /** Loads the last norm and the output matrix for a pass over the stream; close it afterwards. */
  openOutput(model: MoeModel): Promise<OutputHead> {
    return openOutputHead(this.#compute, model)
  }

  /** Sum of x_j^2 at the input of the output matrix over all tokens, in float64. (hidden) */
  outputInputPower(model: MoeModel, hidden: Hidden, signal?: AbortSignal): Promise<Float64Array> {
    return outputInputPower(this.#compute, model, hidden, signal)
  }

  /** Frees the compiled graphs. */
  close(): Promise<void> {
    return this.#compute.close()
  }
}

/** Opens a device for forward passes. 'auto' is resolved before, by {@link resolveDevice} in compute/device.ts. */
export function openForward(options: ComputeOptions): Forward {
  return new Forward(openCompute(options))
}
