import type { ModelShape } from '../architectures/architecture.ts'
import { mixedWidth } from '../architectures/shape.ts'
import type { MoeModel } from '../model/moe-model.ts'
import { ARRAY_BYTES_LIMIT, assertOneArray } from '../tensor/pieces.ts'

/** The residual stream of some windows of text: one vector per token, windows one after the other. Changed in place by each layer. */
export interface Hidden {
  readonly data: Float32Array // (tokens, size)
  /** Elements of one vector. */
  readonly size: number
  /** Tokens of each window. Attention and positions start anew in each. */
  readonly windows: readonly number[]
}

/** Tokens in all windows. */
export function tokenCount(hidden: Hidden): number {
  return hidden.data.length / hidden.size
}

/** Most tokens of one pass: the stream is one array, and so is what flows into any matrix of a layer. */
export function mostTokens(shape: ModelShape): number {
  const { hidden, heads, headSize, expertWidth } = shape
  const widest = Math.max(hidden, heads * headSize, mixedWidth(shape), expertWidth)
  return Math.floor((ARRAY_BYTES_LIMIT - 1) / Float32Array.BYTES_PER_ELEMENT / widest)
}

/** A copy that can be carried on without touching the original. */
export function cloneHidden(hidden: Hidden): Hidden {
  return { ...hidden, data: hidden.data.slice() }
}

/** Rows apart that are still read as one piece: reading a few unneeded rows is cheaper than another read. */
const JOINED_GAP = 32
/** Most rows read at once, so that a vocabulary of 150 000 is never in memory. */
const ROWS_AT_ONCE = 2048

/** Pieces of the sorted `ids` to read at once, as [first, last] ids. */
function rowRanges(ids: readonly number[]): [first: number, last: number][] {
  const ranges: [number, number][] = []
  for (const id of ids) {
    const current = ranges.at(-1)
    if (current !== undefined && id - current[1] <= JOINED_GAP && id - current[0] < ROWS_AT_ONCE) current[1] = id
    else ranges.push([id, id])
  }
  return ranges
}

/** Where each token id occurs among `tokens`. Throws RangeError for an id outside the vocabulary. */
function positionsById(windows: readonly Int32Array[], vocabulary: number): Map<number, number[]> {
  const positions = new Map<number, number[]>()
  let at = 0
  for (const window of windows) {
    for (const id of window) {
      if (id < 0 || id >= vocabulary) throw new RangeError(`token ${id} is outside the vocabulary of ${vocabulary}`)
      const known = positions.get(id)
      if (known === undefined) positions.set(id, [at])
      else known.push(at)
      at++
    }
  }
  return positions
}

/**
 * Looks up the embeddings of `windows`, reading only the rows that occur. Throws RangeError for a token outside the vocabulary, and for
 * more than {@link mostTokens}.
 */
export async function embed(model: MoeModel, windows: readonly Int32Array[]): Promise<Hidden> {
  const size = model.shape.hidden
  const tokens = windows.reduce((sum, window) => sum + window.length, 0)
  assertOneArray(`the stream of ${tokens} tokens`, tokens * size)
  const positions = positionsById(windows, model.shape.vocabulary)
  const data = new Float32Array(tokens * size)
  for (const [first, last] of rowRanges([...positions.keys()].sort((a, b) => a - b))) {
    const rows = await model.embedding.readRows(first, last - first + 1)
    for (let id = first; id <= last; id++) {
      const row = rows.subarray((id - first) * size, (id - first + 1) * size)
      for (const position of positions.get(id) ?? []) data.set(row, position * size)
    }
  }
  const scale = model.shape.traits.embeddingScale
  if (scale !== 1) for (let i = 0; i < data.length; i++) data[i] = (data[i] as number) * scale
  return { data, size, windows: windows.map((window) => window.length) }
}
