import type { Forward } from '../forward/forward.ts'
import { cloneHidden } from '../forward/hidden.ts'
import type { Hidden } from '../forward/hidden.ts'
import type { OutputHead } from '../forward/output-head.ts'
import type { MoeModel } from '../model/moe-model.ts'
import type { StoredTensor } from './stored-tensors.ts'

/** Most log-probabilities of the original kept in memory: 128 MB of float32. */
const KEPT_LOGITS = 1 << 25

/** Tokens of the stream whose predictions are compared. */
interface Judged {
  readonly start: number
  readonly count: number
}

/** The original's predictions on the judged tokens, piece by piece. */
interface Reference extends Judged {
  /** p by piece of the output matrix. (count, rows) */
  readonly probabilities: readonly Float32Array[]
  /** -sum p log p, computed as the changed models' cross entropies are, so that rounding cancels. (count) */
  readonly entropies: Float64Array
}

/** Measures KL(original || changed) of models that differ from the original from some layer on. Close it in `finally`. */
export class DivergenceProbe {
  readonly #forward: Forward
  readonly #model: MoeModel
  readonly #head: OutputHead
  readonly #references: readonly Reference[]
  /** The original's stream before layer `#layer`. */
  #before: Hidden
  #layer = 0

  /** Use {@link openProbe}. */
  constructor(forward: Forward, model: MoeModel, head: OutputHead, references: readonly Reference[], start: Hidden) {
    this.#forward = forward
    this.#model = model
    this.#head = head
    this.#references = references
    this.#before = start
  }

  /**
   * Mean KL divergence, nats per token, of `changed`, which replaces `tensor` alone. Tensors must come layer by layer, those outside the
   * layers first.
   */
  async measure(changed: MoeModel, tensor: StoredTensor, windows: readonly Int32Array[], signal: AbortSignal | undefined): Promise<number> {
    if (tensor.layer !== null) await this.#advance(tensor.layer, signal)
    const hidden = tensor.role === 'embedding' ? await this.#forward.embed(changed, windows) : cloneHidden(this.#before)
    if (tensor.role !== 'output') await runFrom(this.#forward, changed, tensor.layer ?? 0, hidden, signal)
    else await runFrom(this.#forward, this.#model, 0, hidden, signal)
    const ownHead = tensor.layer === null ? await this.#forward.openOutput(changed) : null
    try {
      return await meanDivergence(ownHead ?? this.#head, hidden, this.#references, signal)
    } finally {
      ownHead?.close()
    }
  }

  /** Carries the original's stream to just before `layer`. */
  async #advance(layer: number, signal: AbortSignal | undefined): Promise<void> {
    if (layer < this.#layer) throw new RangeError(`layer ${layer} comes after layer ${this.#layer}`)
    for (; this.#layer < layer; this.#layer++) await this.#forward.runLayer(this.#model, this.#layer, this.#before, { signal })
  }

  /** Frees the output matrix. */
  close(): void {
    this.#head.close()
  }
}

/** Runs the original over `windows` once and keeps its predictions. */
export async function openProbe(
  forward: Forward,
  model: MoeModel,
  windows: readonly Int32Array[],
  signal: AbortSignal | undefined,
): Promise<DivergenceProbe> {
  const start = await forward.embed(model, windows)
  const end = cloneHidden(start)
  await runFrom(forward, model, 0, end, signal)
  const head = await forward.openOutput(model)
  try {
    const references: Reference[] = []
    for (const judged of judgedTokens(windows, model.shape.vocabulary, head.tokensAtOnce)) {
      signal?.throwIfAborted()
      const logits = await head.logits(end, judged.start, judged.count)
      const probabilities = cutRows(toProbabilities(logits, judged.count), judged.count, head.pieceRows)
      references.push({ ...judged, probabilities, entropies: await head.crossEntropies(end, judged.start, judged.count, probabilities) })
    }
    return new DivergenceProbe(forward, model, head, references, start)
  } catch (error) {
    head.close()
    throw error
  }
}

async function runFrom(forward: Forward, model: MoeModel, first: number, hidden: Hidden, signal: AbortSignal | undefined): Promise<void> {
  for (let index = first; index < model.layers.length; index++) await forward.runLayer(model, index, hidden, { signal })
}

/** The last tokens of every window, as many as memory allows, in pieces of at most `atOnce`. */
function judgedTokens(windows: readonly Int32Array[], vocabulary: number, atOnce: number): Judged[] {
  const perWindow = Math.max(1, Math.floor(KEPT_LOGITS / vocabulary / windows.length))
  const pieces: Judged[] = []
  let end = 0
  for (const window of windows) {
    end += window.length
    for (let start = end - Math.min(perWindow, window.length); start < end; start += atOnce)
      pieces.push({ start, count: Math.min(atOnce, end - start) })
  }
  return pieces
}

async function meanDivergence(
  head: OutputHead,
  hidden: Hidden,
  references: readonly Reference[],
  signal: AbortSignal | undefined,
): Promise<number> {
  let total = 0
  let tokens = 0
  for (const { start, count, probabilities, entropies } of references) {
    signal?.throwIfAborted()
    const crossEntropies = await head.crossEntropies(hidden, start, count, probabilities)
    for (let token = 0; token < count; token++) total += (crossEntropies[token] as number) - (entropies[token] as number)
    tokens += count
  }
  return total / tokens
}

/** Softmax of each row, in place. (count, vocabulary) */
function toProbabilities(logits: Float32Array, count: number): Float32Array {
  const vocabulary = logits.length / count
  for (let start = 0; start < logits.length; start += vocabulary) {
    const row = logits.subarray(start, start + vocabulary)
    let most = -Infinity
    for (let i = 0; i < row.length; i++) most = Math.max(most, row[i] as number)
    let sum = 0
    for (let i = 0; i < row.length; i++) sum += row[i] = Math.exp((row[i] as number) - most)
    for (let i = 0; i < row.length; i++) row[i] = (row[i] as number) / sum
  }
  return logits
}

/** Cuts (count, vocabulary) into pieces of (count, rows); the whole itself when there is one piece. */
function cutRows(whole: Float32Array, count: number, pieceRows: readonly number[]): Float32Array[] {
  if (pieceRows.length === 1) return [whole]
  const vocabulary = whole.length / count
  let first = 0
  return pieceRows.map((rows) => {
    const piece = new Float32Array(count * rows)
    for (let token = 0; token < count; token++)
      piece.set(whole.subarray(token * vocabulary + first, token * vocabulary + first + rows), token * rows)
    first += rows
    return piece
  })
}
