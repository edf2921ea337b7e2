import type { ErrorTable } from '../../src-main/calibration/error-table.ts'
import type { StoredTensor } from '../../src-main/calibration/stored-tensors.ts'
import type { BlockWay, Method, PlanInput } from '../../src-main/methods/method.ts'
import { GGML_TYPES } from '../../src-main/tensor/ggml-type.ts'
import { seededRandom } from '../../src-main/tensor/random.ts'

/** Sizes of an imagined model. */
interface Sizes {
  readonly layers: number
  readonly experts: number
  readonly hidden: number
  readonly width: number
  readonly vocabulary: number
}

/** Two layers whose rows all hold K blocks. */
export const SMALL: Sizes = { layers: 2, experts: 4, hidden: 256, width: 256, vocabulary: 512 }
/** Expert rows of 192 weights, which no K block divides. */
export const ODD: Sizes = { layers: 3, experts: 4, hidden: 256, width: 192, vocabulary: 512 }

const lists = { layer: ['query', 'key', 'value', 'attentionOutput'], experts: ['expertGate', 'expertUp', 'expertDown'] } as const

const NO_STATISTICS = { layers: [], tokens: 0, outputInput: new Float64Array(0), tokenCounts: new Float64Array(0) }

/** A plan's input for an imagined bf16 model: errors fall fourfold a bit, sensitivities scatter by `seed`. */
export function planInput(sizes: Sizes, budgetBytes: number, parameters: Record<string, unknown> = {}, seed = 1): PlanInput {
  const tensors = tensorsOf(sizes)
  const weights = tensors.reduce((sum, tensor) => sum + tensor.weights, 0)
  return {
    limit: { kind: 'bytes', bytes: budgetBytes },
    measurements: [],
    statistics: NO_STATISTICS,
    solve: () => Promise.reject(new Error('nothing to solve')),
    tensors,
    errors: errorsOf(tensors, seed),
    budgetBytes,
    originalBytes: weights * 2,
    headerBytes: 4096,
    alignment: 32,
    parameters,
    seed,
  }
}

function tensorsOf(sizes: Sizes): StoredTensor[] {
  const { hidden, experts, width, vocabulary } = sizes
  const layers = Array.from({ length: sizes.layers }, (_, layer) => [
    tensor(layer, 'attentionNorm', [hidden]),
    tensor(layer, 'router', [experts, hidden]),
    ...lists.layer.map((role) => tensor(layer, role, [hidden, hidden])),
    ...lists.experts.map((role) => tensor(layer, role, role === 'expertDown' ? [experts, hidden, width] : [experts, width, hidden])),
  ])
  return [tensor(null, 'embedding', [vocabulary, hidden]), tensor(null, 'outputNorm', [hidden]), ...layers.flat()]
}

function tensor(layer: number | null, role: StoredTensor['role'], shape: readonly number[]): StoredTensor {
  const kept = role === 'attentionNorm' || role === 'outputNorm' || role === 'router'
  return {
    layer,
    role,
    name: layer === null ? `${role}.weight` : `blk.${layer}.${role}.weight`,
    shape,
    source: 'BF16',
    weights: shape.reduce((product, size) => product * size, 1),
    columns: shape.at(-1) ?? 1,
    keptInF32: kept,
    alsoOutput: role === 'embedding',
  }
}

function errorsOf(tensors: readonly StoredTensor[], seed: number): ErrorTable {
  const random = seededRandom(seed)
  const entries = tensors
    .filter((one) => !one.keptInF32)
    .map((one) => {
      const sensitivity = one.weights * 10 ** (-7 - 2 * random())
      const errors = Object.values(GGML_TYPES).map((type) => {
        const power = sensitivity * 4 ** ((-8 * type.blockBytes) / type.blockWeights)
        return [type.name, { smooth: power, switching: power * sensitivity * 0.1 }]
      })
      return [one.name, Object.fromEntries(errors)]
    })
  return { sensitivity: 'measured-kl', tensors: Object.fromEntries(entries) }
}

/** How a method makes GGUF; for methods that can. */
export function blocksOf(method: Method): BlockWay {
  if (method.blocks === null) throw new Error(`${method.id} makes no GGUF`)
  return method.blocks
}
