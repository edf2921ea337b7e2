/** What a GGUF file may claim, and why no honest one claims more. Checked before anything is allocated for the claim. */
export const GGUF_LIMITS = {
  /** Token lists of 250 000 words with their merges take about 10 MB; nothing else in a header is large. */
  headerBytes: 64 << 20,
  /** Real files have under a hundred keys. */
  keys: 65_536,
  keyBytes: 1024,
  /** The longest strings are chat templates, some tens of kilobytes. */
  stringBytes: 16 * 1024 * 1024,
  /** The largest vocabularies have a quarter of a million tokens and twice as many merges. */
  arrayLength: 4_000_000,
  /** Of all arrays together. */
  arrayElements: 8_000_000,
  /** 512 layers of some 30 tensors each. */
  tensors: 65_536,
  /** llama.cpp's own: names are held in 64 bytes with their terminator. */
  tensorNameBytes: 63,
  dimensions: 4,
  smallestAlignment: 8,
  largestAlignment: 1024 * 1024,
} as const

/** Where `general.alignment` is not given. */
export const DEFAULT_ALIGNMENT = 32

/** `bytes` rounded up to whole units of `alignment`. */
export function padded(bytes: number, alignment: number): number {
  return Math.ceil(bytes / alignment) * alignment
}
