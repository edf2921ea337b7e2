import type { LayerRole, ModelRole, ModelShape, RopeScaling } from '../architectures/architecture.ts'
import { modelName } from '../architectures/parts.ts'
import { turningSize } from '../architectures/shape.ts'
import type { LazyTensor } from '../tensor/tensor.ts'
import type { FindTensor } from './assemble.ts'

/**
 * A checkpoint's tensors in the form GGUF holds them, which is the one form the rest of Whittle knows: rows of queries and keys in pairs,
 * the matrix of latent keys and values cut in two, factors of stretched positions as a tensor. Nothing is read before it is asked for, and
 * every change only moves numbers.
 */
export function canonicalTensors(shape: ModelShape, find: FindTensor): FindTensor {
  return (role, layer, expert) => {
    if (role === 'ropeFactors') return ropeFactors(shape)
    if (role === 'keyB' || role === 'valueB') return latentPart(shape, find('kvB', layer, null), role)
    const tensor = find(role, layer, expert)
    if (role === 'sharedRouter') return { ...tensor, shape: [shape.hidden] }
    return shape.traits.rope.permuted && isTurned(role) ? inPairs(tensor, turningSize(shape)) : tensor
  }
}

function isTurned(role: LayerRole | ModelRole): boolean {
  return role === 'query' || role === 'key' || role === 'queryBias' || role === 'keyBias'
}

/** Rows of each head reordered: row 2 j + t is what was row t size / 2 + j. Reads whole heads. (heads * size, columns) or (heads * size) */
export function inPairs(tensor: LazyTensor, size: number): LazyTensor {
  const columns = tensor.shape.length === 1 ? 1 : (tensor.shape.at(-1) ?? 1)
  const reorder = (values: Float32Array): Float32Array => {
    const out = new Float32Array(values.length)
    for (let row = 0; row * columns < values.length; row++) {
      const within = row % size
      const from = row - within + (within % 2) * (size / 2) + (within >> 1)
      out.set(values.subarray(from * columns, (from + 1) * columns), row * columns)
    }
    return out
  }
  return {
    ...tensor,
    read: async () => reorder(await tensor.read()),
    readRows: async (start, count) => {
      if (tensor.shape.length === 1) return reorder(await tensor.read()).subarray(start, start + count)
      const first = Math.floor(start / size) * size
      const end = Math.ceil((start + count) / size) * size
      const heads = reorder(await tensor.readRows(first, end - first))
      return heads.slice((start - first) * columns, (start - first + count) * columns)
    },
  }
}

/**
 * One half of the matrix (heads * (plain + value), rank) that makes keys and values from the latent vector: keyB is (heads, rank, plain),
 * each head's turned around, and valueB (heads, value, rank).
 */
export function latentPart({ heads, traits: { latent } }: ModelShape, kvB: LazyTensor, role: 'keyB' | 'valueB'): LazyTensor {
  if (latent === null) throw new RangeError('attention is not latent')
  const { plain, value, rank } = latent
  const headRows = plain + value
  const rows = role === 'keyB' ? rank : value
  const columns = role === 'keyB' ? plain : rank
  const head = async (index: number): Promise<Float32Array> => {
    if (role === 'valueB') return kvB.readRows(index * headRows + plain, value)
    return turnedAround(await kvB.readRows(index * headRows, plain), plain, rank)
  }
  const readHeads = async (first: number, count: number): Promise<Float32Array> => {
    const out = new Float32Array(count * rows * columns)
    for (let i = 0; i < count; i++) out.set(await head(first + i), i * rows * columns)
    return out
  }
  return {
    name: `${kvB.name} (${role})`,
    storage: kvB.storage,
    shape: [heads, rows, columns],
    bytes: (kvB.bytes * (role === 'keyB' ? plain : value)) / headRows,
    read: () => readHeads(0, heads),
    readRows: async (start, count) => {
      const first = Math.floor(start / rows)
      const end = Math.ceil((start + count) / rows)
      const values = await readHeads(first, end - first)
      return values.slice((start - first * rows) * columns, (start - first * rows + count) * columns)
    },
  }
}

/** (rows, columns) to (columns, rows). */
export function turnedAround(values: Float32Array, rows: number, columns: number): Float32Array {
  const out = new Float32Array(values.length)
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) out[column * rows + row] = values[row * columns + column] as number
  }
  return out
}

/** What Llama 3.1 and later divide each pair's frequency by. (turning / 2) */
function ropeFactors(shape: ModelShape): LazyTensor {
  const { scaling } = shape.traits.rope
  if (scaling?.kind !== 'llama3') throw new RangeError('positions are not stretched pair by pair')
  const size = turningSize(shape)
  const factors = Float32Array.from({ length: size / 2 }, (_, pair) => llama3Factor(shape.ropeBase ** ((2 * pair) / size), scaling))
  return {
    name: modelName('gguf', 'ropeFactors'),
    storage: 'F32',
    shape: [factors.length],
    bytes: factors.byteLength,
    read: async () => factors.slice(),
    readRows: async (start, count) => factors.slice(start, start + count),
  }
}

/** 1 for pairs that turn fast, the whole factor for slow ones, smoothly between. */
function llama3Factor(slowness: number, { factor, low, high, original }: RopeScaling & { readonly kind: 'llama3' }): number {
  const wavelength = 2 * Math.PI * slowness
  if (wavelength < original / high) return 1
  if (wavelength > original / low) return factor
  const smooth = (original / wavelength - low) / (high - low)
  return 1 / ((1 - smooth) / factor + smooth)
}
