import type { Architecture, LayerRole, ModelShape } from '../architectures/architecture.ts'
import { layerName } from '../architectures/parts.ts'
import { isDense } from '../architectures/shape.ts'
import { ExpectedError } from '../contract/errors.ts'
import { elementCount, type LazyTensor } from '../tensor/tensor.ts'
import { turnedAround } from './canonical.ts'

/** Names of tensors that hold all experts of a layer, behind `model.layers.{layer}.`: gate and up together, and down. */
const STACKED: readonly (readonly [both: string, down: string])[] = [
  ['mlp.experts.gate_up_proj', 'mlp.experts.down_proj'],
  ['block_sparse_moe.input_linear.weight', 'block_sparse_moe.output_linear.weight'],
]

/** The shared expert's gate and up in one matrix. */
const SHARED = 'shared_mlp.input_linear.weight'

/**
 * Finds experts by what is there, not by what the config claims: where a layer's experts are stacked in two tensors, as (experts, 2 width,
 * hidden) or turned around as (experts, hidden, 2 width), gate first, each expert's matrices appear under the names they would have alone.
 * Which way they lie is told by both shapes together: where one is square, the other is not. Throws ExpectedError 'tensor-unexpected' where
 * an expert is there both ways.
 */
export function separateExperts(
  architecture: Architecture,
  shape: ModelShape,
  tensors: ReadonlyMap<string, LazyTensor>,
): Map<string, LazyTensor> {
  const out = new Map(tensors)
  for (let layer = 0; layer < shape.layers; layer++) {
    if (isDense(shape, layer)) continue
    const set: SetTensor = (role, expert, tensor) => {
      const name = layerName(architecture, 'checkpoint', role, layer).replace('{expert}', String(expert))
      if (out.has(name)) throw new ExpectedError('tensor-unexpected', { tensor: name })
      out.set(name, tensor)
    }
    for (const [both, down] of STACKED) separateLayer(shape, out, `model.layers.${layer}.${both}`, `model.layers.${layer}.${down}`, set)
    separateShared(shape, out, `model.layers.${layer}.${SHARED}`, set)
  }
  return out
}

type SetTensor = (role: LayerRole, expert: number | null, tensor: LazyTensor) => void

/** Cuts the two stacks of a layer into the matrices of its experts; stacks of other shapes stay, to be refused as what they are. */
function separateLayer(shape: ModelShape, tensors: Map<string, LazyTensor>, bothName: string, downName: string, set: SetTensor): void {
  const [both, down] = [tensors.get(bothName), tensors.get(downName)]
  if (both === undefined || down === undefined) return
  const { hidden, expertWidth: width, experts } = shape
  const has = (tensor: LazyTensor, ...expected: readonly number[]): boolean => tensor.shape.join() === [experts, ...expected].join()
  const straight = has(both, 2 * width, hidden) && has(down, hidden, width)
  const turned = has(both, hidden, 2 * width) && has(down, width, hidden)
  if (!straight && !turned) return
  tensors.delete(bothName)
  tensors.delete(downName)
  const matrix = (stack: LazyTensor, expert: number, rows: number, columns: number): LazyTensor =>
    turned ? turnedPart(stack, expert, rows, columns) : rowsOf(stack, expert * rows, rows)
  for (let expert = 0; expert < experts; expert++) {
    const own = matrix(both, expert, 2 * width, hidden)
    set('expertGate', expert, rowsOf(own, 0, width))
    set('expertUp', expert, rowsOf(own, width, width))
    set('expertDown', expert, matrix(down, expert, hidden, width))
  }
}

function separateShared({ hidden, traits }: ModelShape, tensors: Map<string, LazyTensor>, name: string, set: SetTensor): void {
  const stack = tensors.get(name)
  const width = traits.shared?.width ?? 0
  if (stack?.shape.join() !== [2 * width, hidden].join()) return
  tensors.delete(name)
  set('sharedGate', null, rowsOf(stack, 0, width))
  set('sharedUp', null, rowsOf(stack, width, width))
}

/** Rows [start, start + count) of a tensor seen as a matrix of its last dimension. (count, columns) */
export function rowsOf(tensor: LazyTensor, start: number, count: number): LazyTensor {
  const columns = tensor.shape.at(-1) ?? 1
  return {
    ...tensor,
    name: `${tensor.name}[${start}..${start + count - 1}]`,
    shape: [count, columns],
    bytes: (tensor.bytes / elementCount(tensor.shape)) * count * columns,
    read: () => tensor.readRows(start, count),
    readRows: async (first, rows) => {
      if (first < 0 || rows < 0 || first + rows > count) throw new RangeError(`${tensor.name} has no rows ${first}+${rows} here`)
      return tensor.readRows(start + first, rows)
    },
  }
}

/** One expert of a stack that lies turned around, (experts, columns, rows): read whole, then turned. (rows, columns) */
function turnedPart(stack: LazyTensor, expert: number, rows: number, columns: number): LazyTensor {
  const part = rowsOf(stack, expert * columns, columns)
  const read = async (): Promise<Float32Array> => turnedAround(await part.read(), columns, rows)
  return {
    ...part,
    name: `${stack.name}[${expert}]`,
    shape: [rows, columns],
    read,
    readRows: async (first, count) => (await read()).slice(first * columns, (first + count) * columns),
  }
}
