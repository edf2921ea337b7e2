import koffi from 'koffi'
import type { LlamaLibrary } from './llama-library.ts'

/** How text is cut for judging. llama-perplexity's rule: windows follow each other, only predictions of each window's second half count. */
export interface Windows {
  readonly tokens: Int32Array
  readonly size: number
  readonly count: number
}

/** llama.cpp's own tokens of a text. */
export function tokenizeWith(library: LlamaLibrary, ggufPath: string, text: string): Int32Array {
  const model = library.loadModel(ggufPath, { ...library.modelDefaults(), vocab_only: true })
  if (model === null) throw new Error(`llama.cpp does not load ${ggufPath}`)
  try {
    const bytes = Buffer.byteLength(text)
    const tokens = new Int32Array(bytes + 8)
    const found = library.tokenize(library.vocabularyOf(model), text, bytes, tokens, tokens.length, true, false)
    if (found < 0) throw new Error(`llama.cpp could not tokenize: ${found}`)
    return tokens.slice(0, found)
  } finally {
    library.freeModel(model)
  }
}

/**
 * Log-probabilities llama.cpp gives to every token at every judged position of the windows.
 * @returns one array per window, (judged positions, vocabulary)
 */
export function logProbabilities(library: LlamaLibrary, ggufPath: string, windows: Windows, threads: number): Float32Array[] {
  const model = library.loadModel(ggufPath, library.modelDefaults())
  if (model === null) throw new Error(`llama.cpp does not load ${ggufPath}`)
  const context = library.newContext(model, {
    ...library.contextDefaults(),
    n_ctx: windows.size,
    n_batch: windows.size,
    n_ubatch: windows.size,
    n_threads: threads,
    n_threads_batch: threads,
  })
  try {
    const vocabulary = library.vocabularySize(library.vocabularyOf(model))
    return Array.from({ length: windows.count }, (_, index) => {
      const tokens = windows.tokens.slice(index * windows.size, (index + 1) * windows.size)
      return judgeWindow(library, context, tokens, vocabulary)
    })
  } finally {
    library.freeContext(context)
    library.freeModel(model)
  }
}

/** Positions whose prediction counts: from the middle to the last but one. */
export function judgedPositions(size: number): { first: number; count: number } {
  const first = size >> 1
  return { first, count: size - 1 - first }
}

function judgeWindow(library: LlamaLibrary, context: unknown, tokens: Int32Array, vocabulary: number): Float32Array {
  const size = tokens.length
  const { first, count } = judgedPositions(size)
  library.clearMemory(library.memoryOf(context), true)
  const wanted = Int8Array.from({ length: size }, (_, position) => (position >= first ? 1 : 0))
  const batch = {
    n_tokens: size,
    token: tokens,
    embd: null,
    pos: Int32Array.from({ length: size }, (_, i) => i),
    n_seq_id: null,
    seq_id: null,
    logits: wanted,
  }
  const failed = library.decode(context, batch)
  if (failed !== 0) throw new Error(`llama_decode failed: ${failed}`)
  const logits = Float32Array.from(koffi.decode(library.logits(context), koffi.array('float', count * vocabulary, 'Typed')) as Float32Array)
  for (let row = 0; row < count; row++) toLogProbabilities(logits.subarray(row * vocabulary, (row + 1) * vocabulary))
  return logits
}

function toLogProbabilities(logits: Float32Array): void {
  let max = -Infinity
  for (const logit of logits) max = Math.max(max, logit)
  let sum = 0
  for (const logit of logits) sum += Math.exp(logit - max)
  const shift = max + Math.log(sum)
  for (let i = 0; i < logits.length; i++) logits[i] = (logits[i] as number) - shift
}

/** What judging one file against the original found. */
export interface Verdict {
  readonly perplexity: number
  /** Mean KL(original || file), nats per token. */
  readonly kld: number
  /** Its standard error over tokens, as llama-perplexity states it. */
  readonly kldError: number
  readonly kld99: number
  /** Share of positions with the same most likely token. */
  readonly sameTop: number
}

/** Compares log-probabilities of a file with those of the original. */
export function compare(original: readonly Float32Array[], file: readonly Float32Array[], windows: Windows): Verdict {
  const { first, count } = judgedPositions(windows.size)
  const klds: number[] = []
  let loss = 0
  let same = 0
  for (const [index, base] of original.entries()) {
    const other = file[index] as Float32Array
    const vocabulary = base.length / count
    for (let row = 0; row < count; row++) {
      const found = compareRow(
        base.subarray(row * vocabulary, (row + 1) * vocabulary),
        other.subarray(row * vocabulary, (row + 1) * vocabulary),
      )
      klds.push(found.kld)
      if (found.sameTop) same++
      const next = windows.tokens[index * windows.size + first + row + 1] as number
      loss -= other[row * vocabulary + next] as number
    }
  }
  const mean = klds.reduce((sum, kld) => sum + kld, 0) / klds.length
  const variance = klds.reduce((sum, kld) => sum + (kld - mean) ** 2, 0) / klds.length
  const sorted = klds.toSorted((a, b) => a - b)
  return {
    perplexity: Math.exp(loss / klds.length),
    kld: mean,
    kldError: Math.sqrt(variance / (klds.length - 1)),
    kld99: sorted[Math.floor(0.99 * (sorted.length - 1))] as number,
    sameTop: same / klds.length,
  }
}

function compareRow(base: Float32Array, other: Float32Array): { kld: number; sameTop: boolean } {
  let kld = 0
  let top = 0
  let otherTop = 0
  for (let i = 0; i < base.length; i++) {
    const b = base[i] as number
    const o = other[i] as number
    kld += Math.exp(b) * (b - o)
    if (b > (base[top] as number)) top = i
    if (o > (other[otherTop] as number)) otherTop = i
  }
  return { kld, sameTop: top === otherTop }
}
