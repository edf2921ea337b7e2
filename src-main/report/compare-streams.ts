import type { Quality } from '../contract/report.ts'
import type { Forward } from '../forward/forward.ts'
import type { Hidden } from '../forward/hidden.ts'
import { logitTokens } from '../forward/output-head.ts'
import type { OutputHead } from '../forward/output-head.ts'
import type { MoeModel } from '../model/moe-model.ts'
import { compareToken, emptySums, startWindow, summarize } from './quality.ts'

/** What a comparison may hold at once. */
export interface CompareLimits {
  /** Tokens of one run of an output matrix. */
  readonly tokensAtOnce: number
  /** Bytes of output matrices up to which both models' are held together. */
  readonly heldBytes: number
  /** Logits of the original that are kept until the other matrix is there. */
  readonly keptLogits: number
}

const HELD_BYTES = 512 << 20
/**
 * 256 MB: 441 tokens at a vocabulary of 152 000, for which a matrix of 1.2 GB is read again; that is a tenth of the time to multiply with
 * it.
 */
const KEPT_LOGITS = 1 << 26

/** A model and the streams that came out of its last layer. Variants of a model that share its output matrix are several streams. */
export interface Judged {
  readonly model: MoeModel
  readonly streams: readonly Hidden[]
}

/** How a comparison reports and stops. `share` of the work is done, rising. */
export interface CompareOptions {
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((share: number) => void) | undefined
  /** For tests. */
  readonly limits?: Partial<CompareLimits> | undefined
}

/** A run of positions of one window whose successors are known. */
export interface Piece {
  /** Place of its first token in the stream. */
  readonly position: number
  /** The tokens that follow each position. */
  readonly next: Int32Array
  /** Whether it opens a window. */
  readonly first: boolean
}

/** All positions of `windows` but the last of each, at most `atOnce` at a time. */
export function* predictedPieces(windows: readonly Int32Array[], atOnce: number): Generator<Piece> {
  let position = 0
  for (const window of windows) {
    for (let start = 0; start < window.length - 1; start += atOnce) {
      const end = Math.min(start + atOnce, window.length - 1)
      yield { position: position + start, next: window.subarray(start + 1, end + 1), first: start === 0 }
    }
    position += window.length
  }
}

/** Tokens that are predicted: 1..n-1 of every window. */
export function predictedTokens(windows: readonly Int32Array[]): number {
  return windows.reduce((total, window) => total + Math.max(0, window.length - 1), 0)
}

/** Runs of pieces with at most `tokens` tokens, one piece at least. */
function* slices(pieces: Iterable<Piece>, tokens: number): Generator<Piece[]> {
  let slice: Piece[] = []
  let held = 0
  for (const piece of pieces) {
    if (slice.length > 0 && held + piece.next.length > tokens) {
      yield slice
      slice = []
      held = 0
    }
    slice.push(piece)
    held += piece.next.length
  }
  if (slice.length > 0) yield slice
}

type Heads = Pick<Forward, 'openOutput'>
/** Gives a model's output matrix to some work. */
type WithHead = (model: MoeModel, work: (head: OutputHead) => Promise<void>) => Promise<void>

/** Opens the matrix for each piece of work and closes it behind. */
function openedEachTime(forward: Heads): WithHead {
  return async (model, work) => {
    const head = await forward.openOutput(model)
    try {
      await work(head)
    } finally {
      head.close()
    }
  }
}

const sharesOutput = (a: MoeModel, b: MoeModel): boolean => a.output === b.output && a.outputNorm === b.outputNorm

/** Opens both matrices for the length of `work`; a candidate that kept the original's is not loaded twice. */
async function withBothHeads(
  forward: Heads,
  original: MoeModel,
  shrunk: MoeModel,
  work: (withHead: WithHead) => Promise<void>,
): Promise<void> {
  await openedEachTime(forward)(original, async (first) => {
    if (sharesOutput(original, shrunk)) return work((_, use) => use(first))
    await openedEachTime(forward)(shrunk, (second) => work((model, use) => use(model === original ? first : second)))
  })
}

/** Bytes of one output matrix on the device. */
const matrixBytes = ({ shape }: MoeModel): number => 4 * shape.vocabulary * shape.hidden

/**
 * Compares the predictions of every shrunk stream with the original's on the tokens 1..n-1 of every window (token 0 is only context).
 * Output matrices that are small, or one and the same, are held together; large ones one after the other, slice by slice of the text, and
 * what the original said about a slice is kept meanwhile. The results are the same to the bit.
 * Throws RangeError with fewer than two windows, ExpectedError 'tensor-not-finite', 'out-of-memory' or 'device-unavailable'.
 */
export async function compareStreams(
  forward: Heads,
  original: { model: MoeModel; stream: Hidden },
  shrunk: Judged,
  windows: readonly Int32Array[],
  options: CompareOptions = {},
): Promise<Quality[]> {
  const limits: CompareLimits = {
    tokensAtOnce: logitTokens(original.model.shape),
    heldBytes: HELD_BYTES,
    keptLogits: KEPT_LOGITS,
    ...options.limits,
  }
  const together = sharesOutput(original.model, shrunk.model) || matrixBytes(original.model) + matrixBytes(shrunk.model) <= limits.heldBytes
  const keptTokens = together ? 0 : limits.keptLogits / original.model.shape.vocabulary
  const sums = shrunk.streams.map(emptySums)
  const works = predictedTokens(windows) * (1 + shrunk.streams.length)
  let done = 0
  const logits = async (head: OutputHead, stream: Hidden, { position, next }: Piece): Promise<Float32Array> => {
    options.signal?.throwIfAborted()
    const rows = await head.logits(stream, position, next.length)
    options.onProgress?.((done += next.length) / works)
    return rows
  }
  const judge = async (withHead: WithHead): Promise<void> => {
    for (const slice of slices(predictedPieces(windows, limits.tokensAtOnce), keptTokens)) {
      const kept: Float32Array[] = []
      await withHead(original.model, async (head) => {
        for (const piece of slice) kept.push(await logits(head, original.stream, piece))
      })
      await withHead(shrunk.model, async (head) => {
        for (const [index, piece] of slice.entries()) {
          for (const [which, stream] of shrunk.streams.entries()) {
            const own = sums[which] as (typeof sums)[number]
            if (piece.first) startWindow(own)
            compareRows(own, kept[index] as Float32Array, await logits(head, stream, piece), piece.next)
          }
        }
      })
    }
  }
  await (together ? withBothHeads(forward, original.model, shrunk.model, judge) : judge(openedEachTime(forward)))
  return sums.map(summarize)
}

/** Compares two (tokens, vocabulary) row by row. */
function compareRows(sums: ReturnType<typeof emptySums>, original: Float32Array, shrunk: Float32Array, next: Int32Array): void {
  const vocabulary = original.length / next.length
  next.forEach((token, i) => {
    const [start, end] = [i * vocabulary, (i + 1) * vocabulary]
    compareToken(sums, original.subarray(start, end), shrunk.subarray(start, end), token)
  })
}
