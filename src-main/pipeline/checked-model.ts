import { assertFinite } from '../model/finite.ts'
import type { MoeModel } from '../model/moe-model.ts'
import type { LazyTensor } from '../tensor/tensor.ts'
import { mapTensors } from './map-tensors.ts'

/** A model whose weights are looked at as they are read. */
export interface CheckedModel {
  /** The same model. Every read may throw ExpectedError 'tensor-not-finite' {tensor, index}. */
  readonly model: MoeModel
  /** Looks at the tensors nobody has read whole so far, such as experts no token went to. Throws the same, and the signal's reason. */
  checkRest(signal: AbortSignal): Promise<void>
}

/** Most weights looked at together: 16 MiB as float32. */
const PIECE_WEIGHTS = 4 << 20

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
      for (const tensor of unread) await checkTensor(tensor, signal)
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

async function checkTensor(tensor: LazyTensor, signal: AbortSignal): Promise<void> {
  const columns = tensor.shape.at(-1) ?? 1
  const rows = tensor.shape.slice(0, -1).reduce((product, size) => product * size, 1)
  const atOnce = Math.max(1, Math.floor(PIECE_WEIGHTS / columns))
  for (let start = 0; start < rows; start += atOnce) {
    signal.throwIfAborted()
    assertFinite(tensor.name, await tensor.readRows(start, Math.min(atOnce, rows - start)))
  }
}
