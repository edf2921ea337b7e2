import { elementCount } from './tensor.ts'
import type { LazyTensor } from './tensor.ts'

/**
 * Arrays must stay below this many bytes: Electron refuses one ArrayBuffer, typed array or Buffer of 2 GiB where plain Node allows it, and
 * Node itself reads no longer file at once. An output matrix of 152 000 x 4096 takes 2.5 GB in float32: what may be that large goes in
 * pieces.
 */
export const ARRAY_BYTES_LIMIT = 2 ** 31

/** Most weights that are read, encoded or looked at as one piece: 16 MiB as float32. */
export const PIECE_WEIGHTS = 4 << 20

/**
 * Refuses an array that Electron would refuse, before it is allocated: whoever asks for it must work in pieces. Throws RangeError with
 * `name` and the size, which is a mistake in the program, not the user's.
 */
export function assertOneArray(name: string, elements: number, bytesPerElement = Float32Array.BYTES_PER_ELEMENT): void {
  const bytes = elements * bytesPerElement
  if (bytes >= ARRAY_BYTES_LIMIT) throw new RangeError(`${name} takes ${bytes} bytes: too much for one array, to be worked on in pieces`)
}

/** Rows of a tensor seen as a matrix of its last dimension; a vector is one row. */
export function rowCount({ shape }: Pick<LazyTensor, 'shape'>): number {
  return elementCount(shape.slice(0, -1))
}

/** Whole rows of a tensor, from the first to the last, at most `pieceWeights` weights at a time; one row at least. */
export function* rowPieces(
  tensor: Pick<LazyTensor, 'shape'>,
  pieceWeights: number = PIECE_WEIGHTS,
): Generator<{ start: number; count: number }> {
  const atOnce = Math.max(1, Math.floor(pieceWeights / (tensor.shape.at(-1) ?? 1)))
  const rows = rowCount(tensor)
  for (let start = 0; start < rows; start += atOnce) yield { start, count: Math.min(atOnce, rows - start) }
}
