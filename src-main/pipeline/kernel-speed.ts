import type { ModelShape } from '../architectures/architecture.ts'
import { isExpertRole, layerParts, tapOf } from '../architectures/parts.ts'
import { eachLayer } from '../architectures/sizes.ts'
import { keepGain } from '../kernels/keep-gain.ts'
import type { Kernels } from '../kernels/kernels.ts'
import { loadKernels } from '../kernels/load.ts'
import { hessianFactor } from '../kernels/linear-algebra/hessian-factor.ts'
import { storableType } from '../tensor/ggml-type.ts'
import type { Source } from './source.ts'

/** How long rounding a whole model takes on one thread of this machine, from a taste of each kernel. */
export interface KernelSpeed {
  readonly weightsPerSecond: number
  readonly nearestSeconds: number
  /** With error feedback, the factors of the inputs included. */
  readonly feedbackSeconds: number
}

/** Rows of the taste, and the width at which a factor is timed: its work grows with the cube of the columns. */
const ROWS = 16
const FACTOR_COLUMNS = 256

const tasted = new Map<string, number>()

/** Measured once per width and process; a few milliseconds with the native kernels. */
export function kernelSpeed({ tensors, model: { shape } }: Pick<Source, 'tensors' | 'model'>): KernelSpeed {
  const kernels = keepGain(loadKernels().kernels)
  const encoded = tensors.filter((tensor) => !tensor.keptInF32)
  const weights = encoded.reduce((sum, tensor) => sum + tensor.weights, 0)
  const nearestSeconds = encoded.reduce((sum, tensor) => sum + tensor.weights * nearest(kernels, tensor.columns), 0)
  // Inputs are shared by gate and up; down has its own; query, key and value share theirs.
  const factors = eachLayer(shape).reduce((sum, layer) => sum + factorsOf(shape, layer, (columns) => factor(kernels, columns)), 0)
  const rounding = encoded.reduce(
    (sum, tensor) => sum + tensor.weights * (tensor.layer === null ? nearest(kernels, tensor.columns) : fed(kernels, tensor.columns)),
    0,
  )
  return { weightsPerSecond: weights / nearestSeconds, nearestSeconds, feedbackSeconds: rounding + factors }
}

/** What the factors of one layer's inputs take together: each is made once for all matrices it flows into. */
function factorsOf(shape: ModelShape, layer: number, cost: (columns: number) => number): number {
  const taps = new Map<string, number>()
  for (const { role, shape: size } of layerParts(shape, layer)) {
    const tap = tapOf(role)
    if (tap !== null) taps.set(tap, cost(size.at(-1) ?? 1) * (isExpertRole(role) ? shape.experts : 1))
  }
  return [...taps.values()].reduce((sum, one) => sum + one, 0)
}

/** Seconds a weight in rows of `columns`. */
function nearest(kernels: Kernels, columns: number): number {
  const values = wave(ROWS * columns)
  return (
    taste(`nearest ${columns}`, () => {
      kernels.encode(storableType('Q4_K', columns), values, columns, null)
    }) / values.length
  )
}

function fed(kernels: Kernels, columns: number): number {
  const values = wave(ROWS * columns)
  const type = storableType('Q4_K', columns)
  if (type !== 'Q4_K' && type !== 'Q4_0') return nearest(kernels, columns)
  const identity = new Float64Array(columns * columns)
  for (let i = 0; i < columns; i++) identity[i * columns + i] = 1
  return (
    taste(`fed ${columns}`, () => {
      kernels.gptq.encodeWithFeedback(type, values, columns, identity, null)
    }) / values.length
  )
}

function factor({ algebra }: Kernels, columns: number): number {
  const seconds = taste('factor', () => {
    const moment = new Float32Array(FACTOR_COLUMNS ** 2)
    for (let i = 0; i < FACTOR_COLUMNS; i++) moment[i * FACTOR_COLUMNS + i] = 1 + i / FACTOR_COLUMNS
    hessianFactor(algebra, moment, FACTOR_COLUMNS, 0.01)
  })
  return seconds * (columns / FACTOR_COLUMNS) ** 3
}

/** The faster of two runs: the first also compiles. */
function taste(name: string, run: () => void): number {
  const known = tasted.get(name)
  if (known !== undefined) return known
  let best = Infinity
  for (let i = 0; i < 2; i++) {
    const begun = performance.now()
    run()
    best = Math.min(best, (performance.now() - begun) / 1000)
  }
  tasted.set(name, best)
  return best
}

/** Weights like no others, the same every time. */
function wave(length: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => Math.sin(i * 12.9898) * 0.05)
}
