import type { Kernels } from '../kernels/kernels.ts'
import type { GgmlTypeName } from '../tensor/ggml-type.ts'
import { layerStatistics } from './layer-statistics.ts'
import type { ModelStatistics } from './statistics.ts'

/** What one tensor's errors are measured with. */
export interface ErrorWork {
  readonly kernels: Kernels
  readonly statistics: ModelStatistics
  readonly types: readonly GgmlTypeName[]
  readonly rows: number
  /** Mean ||.||^2 per token of the residual stream before the first layer: of the embeddings read. */
  readonly embeddingPower: number
  readonly random: () => number
}

/** Mean ||.||^2 per token of the residual stream that reaches a layer. */
export function powerBefore(work: ErrorWork, layer: number): number {
  return layer === 0 ? work.embeddingPower : layerStatistics(work.statistics, layer - 1).residualPower
}

/** One number per type. */
export function mapTypes(types: readonly GgmlTypeName[], measure: (type: GgmlTypeName) => number): Partial<Record<GgmlTypeName, number>> {
  return Object.fromEntries(types.map((type) => [type, measure(type)]))
}
