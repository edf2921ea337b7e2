/**
 * The 12 bytes Q4_K and Q5_K share: eight 6-bit scales and eight 6-bit minimums. Bytes 0-3 hold scales 0-3 and bytes 4-7
 * minimums 0-3 in their low six bits; the low nibbles of scales and minimums 4-7 share bytes 8-11, and their top two bits
 * sit in the free top bits of bytes 0-3 and 4-7.
 */

/** Writes `scales` and `minimums` (8 each, 0..63) at `offset`. */
export function packSixBitPairs(scales: Uint8Array, minimums: Uint8Array, bytes: Uint8Array, offset: number): void {
  for (let i = 0; i < 4; i++) {
    const scale = scales[i + 4] as number
    const minimum = minimums[i + 4] as number
    bytes[offset + i] = (scales[i] as number) | ((scale >>> 4) << 6)
    bytes[offset + 4 + i] = (minimums[i] as number) | ((minimum >>> 4) << 6)
    bytes[offset + 8 + i] = (scale & 15) | ((minimum & 15) << 4)
  }
}

/** Reads what {@link packSixBitPairs} wrote. */
export function unpackSixBitPairs(bytes: Uint8Array, offset: number, scales: Uint8Array, minimums: Uint8Array): void {
  for (let i = 0; i < 4; i++) {
    const first = bytes[offset + i] as number
    const second = bytes[offset + 4 + i] as number
    const third = bytes[offset + 8 + i] as number
    scales[i] = first & 63
    minimums[i] = second & 63
    scales[i + 4] = (third & 15) | ((first >>> 6) << 4)
    minimums[i + 4] = (third >>> 4) | ((second >>> 6) << 4)
  }
}
