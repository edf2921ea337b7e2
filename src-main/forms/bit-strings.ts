/**
 * Codes in 32-bit words as GPTQ has them: `bits` bits each, one after another from the lowest bit of the first word on, whatever the width
 * (32 codes of 3 bits fill 3 words). The words of one string lie `stride` apart, so that a matrix holds one string per column or per row.
 */
export interface BitStrings {
  /** How many strings, and where each starts in the words. */
  readonly strings: number
  readonly start: (string: number) => number
  /** Words between neighbors of one string. */
  readonly stride: number
  readonly bits: number
}

/** The strings of a qweight matrix (in * bits / 32, out): one per output, along the input. */
export function alongInput(out: number, bits: number): BitStrings {
  return { strings: out, start: (row) => row, stride: out, bits }
}

/** The strings of a qzeros matrix (groups, out * bits / 32): one per group, along the output. */
export function alongOutput(groups: number, out: number, bits: number): BitStrings {
  return { strings: groups, start: (group) => group * ((out * bits) / 32), stride: 1, bits }
}

/** Writes codes (strings, length) into words; `length * bits` must fill whole words. Throws RangeError at a code of more bits. */
export function packCodes(codes: Uint8Array, layout: BitStrings): Uint32Array<ArrayBuffer> {
  const { strings, start, stride, bits } = layout
  const length = codes.length / strings
  if (!Number.isInteger(length) || (length * bits) % 32 !== 0) throw new RangeError(`${length} codes of ${bits} bits do not fill words`)
  const words = new Uint32Array((codes.length * bits) / 32)
  let seen = 0
  for (let string = 0; string < strings; string++) {
    const first = start(string)
    for (let i = 0, bit = 0; i < length; i++, bit += bits) {
      const code = codes[string * length + i] as number
      const at = first + (bit >>> 5) * stride
      const shift = bit & 31
      seen |= code
      words[at] = (words[at] as number) | (code << shift)
      if (shift + bits > 32) words[at + stride] = (words[at + stride] as number) | (code >>> (32 - shift))
    }
  }
  if (seen >>> bits !== 0) throw new RangeError(`a code does not fit ${bits} bits`)
  return words
}

/** The codes of strings [first, first + count), (count, length): the inverse of {@link packCodes}. */
export function unpackCodes(
  words: Uint32Array,
  layout: BitStrings,
  length: number,
  first = 0,
  count = layout.strings,
): Uint8Array<ArrayBuffer> {
  const { start, stride, bits } = layout
  const mask = 2 ** bits - 1
  const codes = new Uint8Array(count * length)
  for (let string = 0; string < count; string++) {
    const origin = start(first + string)
    for (let i = 0, bit = 0; i < length; i++, bit += bits) {
      const at = origin + (bit >>> 5) * stride
      const shift = bit & 31
      let code = (words[at] as number) >>> shift
      if (shift + bits > 32) code |= (words[at + stride] as number) << (32 - shift)
      codes[string * length + i] = code & mask
    }
  }
  return codes
}
