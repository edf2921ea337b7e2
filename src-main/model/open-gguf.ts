import { architectureOfGguf } from '../architectures/index.ts'
import { isExpertRole } from '../architectures/parts.ts'
import { ggufTensors } from '../architectures/tensor-list.ts'
import type { TensorPlace } from '../architectures/tensor-list.ts'
import { ExpectedError } from '../contract/errors.ts'
import { openGguf } from '../formats/gguf/reader.ts'
import type { Decoder, GgufFile } from '../formats/gguf/reader.ts'
import type { LazyTensor } from '../tensor/tensor.ts'
import { assembleModel, matchTensors } from './assemble.ts'
import type { FindTensor } from './assemble.ts'
import type { MoeModel } from './moe-model.ts'

/**
 * Opens a GGUF file as a model: experts are slices of the stacked tensors, and only the rows asked for are decoded.
 * Throws ExpectedError 'gguf-invalid', 'architecture-unknown', 'tensor-missing', 'tensor-unexpected' or 'tensor-shape'.
 */
export async function openGgufModel(path: string, kernels: Decoder): Promise<MoeModel> {
  const file = await openGguf(path, kernels)
  try {
    return understand(file)
  } catch (error) {
    await file.close()
    throw error
  }
}

function understand(file: GgufFile): MoeModel {
  const name = file.metadata.get('general.architecture')
  if (name?.type !== 'string')
    throw new ExpectedError('gguf-invalid', { path: file.path, reason: 'key-missing', key: 'general.architecture' })
  const facts = { metadata: file.metadata, tensors: file.lazy }
  const architecture = architectureOfGguf(name.value, facts)
  const shape = architecture.shapeFromGguf(facts)
  const places = ggufTensors(architecture, shape)
  const findStacked = matchTensors(places, withLeadingOnes(file.lazy, places))
  const find: FindTensor = (role, layer, expert) => {
    const tensor = findStacked(role, layer, null)
    return isExpertRole(role) && expert !== null ? expertSlice(tensor, expert, shape.experts) : tensor
  }
  return assembleModel(architecture, shape, find, file.close)
}

/** GGUF leaves leading sizes of 1 out of a shape; puts them back where the place has them. */
function withLeadingOnes(tensors: ReadonlyMap<string, LazyTensor>, places: readonly TensorPlace[]): Map<string, LazyTensor> {
  const restored = new Map(tensors)
  for (const { name, shape } of places) {
    const tensor = tensors.get(name)
    const ones = shape.length - (tensor?.shape.length ?? shape.length)
    if (tensor === undefined || ones <= 0 || shape.slice(0, ones).some((size) => size !== 1)) continue
    restored.set(name, { ...tensor, shape: [...shape.slice(0, ones), ...tensor.shape] })
  }
  return restored
}

/** One expert's matrix of a stacked tensor (experts, rows, columns). */
function expertSlice(stacked: LazyTensor, expert: number, experts: number): LazyTensor {
  const [rows = 0, columns = 0] = stacked.shape.slice(-2)
  return {
    name: `${stacked.name}[${expert}]`,
    storage: stacked.storage,
    shape: [rows, columns],
    bytes: stacked.bytes / experts,
    read: () => stacked.readRows(expert * rows, rows),
    readRows: async (start, count) => {
      if (start < 0 || count < 0 || start + count > rows) throw new RangeError(`${stacked.name}[${expert}] has no rows ${start}+${count}`)
      return stacked.readRows(expert * rows + start, count)
    },
  }
}
