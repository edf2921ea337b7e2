import type { Chance } from './chance.ts'

/** Bytes that mean something to one reader or another: ends of ranges, quotes, brackets. */
const BYTES = [0, 1, 0x0a, 0x22, 0x5b, 0x5c, 0x7b, 0x7f, 0x80, 0xff]

/** Lengths, offsets and counts at the edges of what a number may hold. */
const WORDS = [
  0n,
  1n,
  2n,
  0x7fn,
  0xffn,
  0x7fffn,
  0xffffn,
  0x7fffffffn,
  0x80000000n,
  0xffffffffn,
  0x100000000n,
  2n ** 53n - 1n,
  2n ** 53n,
  2n ** 53n + 1n,
  0x7fffffffffffffffn,
  0x8000000000000000n,
  0xffffffffffffffffn,
]

type Change = (chance: Chance, bytes: Buffer, at: number) => Buffer

const CHANGES: readonly Change[] = [
  (chance, bytes, at) => written(bytes, at, 1, (copy) => copy.writeUInt8((bytes[at] ?? 0) ^ (1 << chance.below(8)), at)),
  (chance, bytes, at) => written(bytes, at, 1, (copy) => copy.writeUInt8(chance.pick(BYTES), at)),
  (chance, bytes, at) => written(bytes, at, 4, (copy) => copy.writeUInt32LE(Number(chance.pick(WORDS) & 0xffffffffn), at)),
  (chance, bytes, at) => written(bytes, at, 8, (copy) => copy.writeBigUInt64LE(chance.pick(WORDS), at)),
  (_, bytes, at) => bytes.subarray(0, at),
  (chance, bytes, at) => spliced(bytes, at, 0, Buffer.from(Array.from({ length: 1 + chance.below(16) }, () => chance.below(256)))),
  (chance, bytes, at) => spliced(bytes, at, 1 + chance.below(16), Buffer.alloc(0)),
  (chance, bytes, at) => spliced(bytes, at, 0, bytes.subarray(at, at + 1 + chance.below(64))),
  (chance, bytes, at) => {
    const from = chance.below(bytes.length)
    return spliced(bytes, at, 32, bytes.subarray(from, from + 32))
  },
]

/** Bytes with one to `most` changes: bits turned, numbers at the edges, stretches cut, doubled, moved or made up. */
export function mutateBytes(chance: Chance, sound: Uint8Array, most: number): Uint8Array {
  let bytes: Buffer = Buffer.from(sound)
  for (let changes = 1 + chance.below(most); changes > 0 && bytes.length > 0; changes--) {
    bytes = chance.pick(CHANGES)(chance, bytes, chance.below(bytes.length))
  }
  return bytes
}

function written(bytes: Buffer, at: number, length: number, write: (copy: Buffer) => void): Buffer {
  if (at + length > bytes.length) return bytes
  const copy = Buffer.from(bytes)
  write(copy)
  return copy
}

function spliced(bytes: Buffer, at: number, removed: number, added: Buffer): Buffer {
  return Buffer.concat([bytes.subarray(0, at), added, bytes.subarray(at + removed)])
}
