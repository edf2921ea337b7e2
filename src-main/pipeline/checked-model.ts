import { assertFinite } from '../model/finite.ts'
import type { MoeModel } from '../model/moe-model.ts'
import { rowPieces } from '../tensor/pieces.ts'
import type { LazyTensor } from '../tensor/tensor.ts'
import { mapTensors } from './map-tensors.ts'

/** A model whose weights are looked at as they are read. */
export interface CheckedModel {
  /** The same model. Every read may throw ExpectedError 'tensor-not-finite' {tensor, index}. */
  readonly model: MoeModel
  /** Looks at the tensors nobody has read whole so far, such as experts no token went to. Throws the same, and the signal's reason. */
  checkRest(signal: AbortSignal): Promise<void>
}

/** Makes sure, at the cost of one pass that is made anyway, that all weights are numbers; `model` stays the caller's to close. */
export function checkedModel(model: MoeModel): CheckedModel {
  const unread = new Set<LazyTensor>()
  const wrapped = mapTensors(model, (tensor) => {
    unread.add(tensor)
    return checkedTensor(tensor, () => unread.delete(tensor))
  })
  return {
    model: wrapped,
    checkRest: async (signal) => {
      for (const tensor of unread) await checkWeights(tensor, signal)
    },
  }
}

function checkedTensor(tensor: LazyTensor, onWhole: () => void): LazyTensor {
  const passed = (values: Float32Array): Float32Array => {
    assertFinite(tensor.name, values)
    return values
  }
  return {
    ...tensor,
    read: async () => {
      const values = passed(await tensor.read())
      onWhole()
      return values
    },
    readRows: async (start, count) => passed(await tensor.readRows(start, count)),
  }
}

/**
 * Reads a tensor once, whatever its size, and looks at every weight. Throws ExpectedError 'tensor-not-finite' {tensor, index}, the signal's
 * reason.
 * @param pieceWeights for tests
 */
export async function checkWeights(tensor: LazyTensor, signal: AbortSignal, pieceWeights?: number): Promise<void> {
  for (const { start, count } of rowPieces(tensor, pieceWeights)) {
    signal.throwIfAborted()
    assertFinite(tensor.name, await tensor.readRows(start, count))
  }
}
