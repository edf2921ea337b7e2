import type { LayerAtHand } from '../../../calibration/layer-at-hand.ts'
import { inputFactor } from '../packed/hessian.ts'
import type { InputFactor } from '../packed/hessian.ts'

/** The three matrices of an expert. */
export interface ExpertMatrices {
  readonly gate: Float32Array // (width, hidden)
  readonly up: Float32Array // (width, hidden)
  readonly down: Float32Array // (hidden, width)
}

/** An expert, what its matrices are fed, and what it makes of its own tokens. */
export interface ExpertAtHand {
  readonly exact: ExpertMatrices
  /** Of gate and up, and of down. */
  readonly input: InputFactor
  readonly downInput: InputFactor
  /** Matrices without a factor. */
  readonly unfactored: number
  /**
   * eps = sqrt(sum over the expert's tokens of g^2 ||f(x) - f'(x)||^2) when its matrices are `changed`: what the layer's output loses,
   * since other tokens do not see the expert. null when no token is routed to it.
   */
  outputError(changed: ExpertMatrices): Promise<number | null>
  /** To be called after the last use of the factors. */
  release(): void
}

/** Reads an expert and runs it on its tokens. */
export async function expertAtHand(layer: LayerAtHand, expert: number): Promise<ExpertAtHand> {
  const exact: ExpertMatrices = {
    gate: await layer.weights('expertGate', expert),
    up: await layer.weights('expertUp', expert),
    down: await layer.weights('expertDown', expert),
  }
  const gates = layer.gatesOf(expert)
  const inputs = layer.inputsOf(expert)
  const original = gates.length === 0 ? null : (await layer.runExpert(exact, inputs)).result
  const [input, downInput] = await Promise.all([inputFactor(layer, 'expertGate', expert), inputFactor(layer, 'expertDown', expert)])
  return {
    exact,
    input,
    downInput,
    unfactored: (input.factor === null ? 2 : 0) + (downInput.factor === null ? 1 : 0),
    async outputError(changed) {
      if (original === null) return null
      return gatedDistance(original, (await layer.runExpert(changed, inputs)).result, gates)
    },
    release() {
      for (const { factor } of [input, downInput]) if (factor !== null) layer.rounding.release(factor)
    },
  }
}

/**
 * Experts to measure at the same time: each has three matrices to round while others run on their tokens, and what one holds (its matrices,
 * inputs and factors) is a lot.
 */
export function expertsAtOnce({ rounding }: LayerAtHand): number {
  return Math.ceil(rounding.threads / 3) + 1
}

/** sqrt(sum over rows of g^2 ||a - b||^2). @param a (rows, columns) @param b (rows, columns) @param gates (rows) */
function gatedDistance(a: Float32Array, b: Float32Array, gates: Float32Array): number {
  const columns = a.length / gates.length
  let sum = 0
  for (let row = 0; row < gates.length; row++) {
    let own = 0
    for (let i = row * columns; i < (row + 1) * columns; i++) own += ((a[i] as number) - (b[i] as number)) ** 2
    sum += (gates[row] as number) ** 2 * own
  }
  return Math.sqrt(sum)
}

/** ||a - b||_F */
export function distance(a: Float32Array, b: Float32Array): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += ((a[i] as number) - (b[i] as number)) ** 2
  return Math.sqrt(sum)
}
