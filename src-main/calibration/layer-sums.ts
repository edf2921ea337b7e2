import type { ModelShape } from '../architectures/architecture.ts'
import { expertsOf, mixedWidth } from '../architectures/shape.ts'
import type { AttentionSums, CommonSums, ExpertSums, LayerObserver, LayerPower } from '../forward/observer.ts'
import type { LayerStatistics } from './statistics.ts'

/** target[offset + i] += source[i], in float64. */
function addInto(target: Float64Array, offset: number, source: Float32Array): void {
  for (let i = 0; i < source.length; i++) target[offset + i] = (target[offset + i] as number) + (source[i] as number)
}

/** Adds one number to a sum. */
function bump(target: Float64Array, index: number, amount: number): void {
  target[index] = (target[index] as number) + amount
}

/** Adds up what a layer's batches report; float32 sums of a batch, float64 across batches. */
export class LayerSums implements LayerObserver {
  readonly #statistics: LayerStatistics
  readonly #onRouted: (tokensPerExpert: readonly number[]) => void
  #tokens = 0
  #attentionPower = 0
  #power: LayerPower | null = null

  constructor(layer: number, shape: ModelShape, onRouted: (tokensPerExpert: readonly number[]) => void) {
    const { hidden, expertWidth, traits } = shape
    const experts = expertsOf(shape, layer)
    const commonWidth = experts === 0 ? traits.denseWidth : (traits.shared?.width ?? 0)
    const perExpert = (columns: number): Float64Array => new Float64Array(experts * columns)
    this.#onRouted = onRouted
    this.#statistics = {
      layer,
      tokens: 0,
      residualPower: 0,
      attentionPower: 0,
      expertsPower: 0,
      attentionInput: new Float64Array(hidden),
      attentionOutputInput: new Float64Array(mixedWidth(shape)),
      latentQueryInput: new Float64Array(traits.latent?.queryRank ?? 0),
      latentInput: new Float64Array(traits.latent?.rank ?? 0),
      commonInput: new Float64Array(commonWidth === 0 ? 0 : hidden),
      commonDownInput: new Float64Array(commonWidth),
      experts: {
        tokens: perExpert(1),
        gateSum: perExpert(1),
        maxOutput: perExpert(1),
        outputNormSum: perExpert(1),
        gatedOutputNormSum: perExpert(1),
        input: perExpert(hidden),
        gatedInput: perExpert(hidden),
        downInput: perExpert(expertWidth),
        gatedDownInput: perExpert(expertWidth),
      },
    }
  }

  attention(sums: AttentionSums): void {
    this.#tokens += sums.tokens
    this.#attentionPower += sums.power
    addInto(this.#statistics.attentionInput, 0, sums.input)
    addInto(this.#statistics.attentionOutputInput, 0, sums.outputInput)
    if (sums.latentQuery !== null) addInto(this.#statistics.latentQueryInput, 0, sums.latentQuery)
    if (sums.latent !== null) addInto(this.#statistics.latentInput, 0, sums.latent)
  }

  common(sums: CommonSums): void {
    addInto(this.#statistics.commonInput, 0, sums.input)
    addInto(this.#statistics.commonDownInput, 0, sums.downInput)
  }

  routed(tokensPerExpert: readonly number[]): void {
    this.#onRouted(tokensPerExpert)
  }

  expert(sums: ExpertSums): void {
    const { expert, gates, outputNorms } = sums
    const at = this.#statistics.experts
    bump(at.tokens, expert, gates.length)
    for (let i = 0; i < gates.length; i++) {
      bump(at.gateSum, expert, gates[i] as number)
      bump(at.outputNormSum, expert, outputNorms[i] as number)
      bump(at.gatedOutputNormSum, expert, (gates[i] as number) * (outputNorms[i] as number))
    }
    at.maxOutput[expert] = Math.max(at.maxOutput[expert] as number, sums.maxOutput)
    const hidden = sums.input.length / 2
    const width = sums.downInput.length / 2
    addInto(at.input, expert * hidden, sums.input.subarray(0, hidden))
    addInto(at.gatedInput, expert * hidden, sums.input.subarray(hidden))
    addInto(at.downInput, expert * width, sums.downInput.subarray(0, width))
    addInto(at.gatedDownInput, expert * width, sums.downInput.subarray(width))
  }

  end(power: LayerPower): void {
    this.#power = power
  }

  /** The layer's statistics, once it has run to its end. */
  finish(): LayerStatistics {
    if (this.#power === null) throw new Error('the layer has not run to its end')
    const mean = (sum: number): number => sum / this.#tokens
    return {
      ...this.#statistics,
      tokens: this.#tokens,
      attentionPower: mean(this.#attentionPower),
      residualPower: mean(this.#power.residual),
      expertsPower: mean(this.#power.experts),
    }
  }
}
