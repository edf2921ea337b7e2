import type { ModelShape } from '../architectures/architecture.ts'
import { layerKind } from '../architectures/shape.ts'
import { cachedNumbers, eachLayer, widestStep } from '../architectures/sizes.ts'
import type { ModelSummary } from '../contract/model.ts'

/** What of a model the memory beside its weights depends on. */
export type MemoryNumbers = NonNullable<ModelSummary['memory']> & Pick<ModelShape, 'hidden' | 'vocabulary'>

/** The memory numbers of a shape. */
export function memoryNumbers(shape: ModelShape): MemoryNumbers {
  return {
    hidden: shape.hidden,
    vocabulary: shape.vocabulary,
    cachedNumbers: cachedNumbers(shape),
    windows: eachLayer(shape).map((layer) => layerKind(shape, layer).window),
    widestStep: widestStep(shape),
  }
}
