import { open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import {
  EXPERT_ARRAYS,
  HASH_BYTES,
  LONGEST_HEADER,
  STATISTICS_MAGIC,
  parseStatisticsHeader,
  refuse,
  type Header,
} from './statistics-file.ts'

/** Numbers per expert, (layers, experts), in the order of the layers. */
export interface ExpertMaps {
  /** Tokens routed to each expert. */
  readonly usage: number[][]
  /** Mean of g ||f_e(x)||_2 over those tokens; 0 where there were none. */
  readonly saliency: number[][]
}

const BYTES = Float64Array.BYTES_PER_ELEMENT

/**
 * A few numbers per expert of a statistics file, read where they lie: a large model's file holds hundreds of megabytes beside them. Without
 * a look at the checksum, so for showing, not for planning. Throws ExpectedError 'verification-failed' {path, reason} for a file that is no
 * such file, or cut short.
 */
export async function readExpertMaps(path: string): Promise<ExpertMaps> {
  const file = await open(path, 'r')
  try {
    const { header, start } = await readHeader(file, path)
    const maps: ExpertMaps = { usage: [], saliency: [] }
    let position = start + (header.model[0] + header.model[1]) * BYTES
    for (const { lengths } of header.layers) {
      const layer = await readLayer(file, position, lengths)
      maps.usage.push([...layer.tokens])
      maps.saliency.push(layer.gatedOutputNormSum.map((sum, e) => ((layer.tokens[e] ?? 0) === 0 ? 0 : sum / (layer.tokens[e] ?? 1))))
      position += sum(lengths) * BYTES
    }
    return maps
  } finally {
    await file.close()
  }
}

/** Tokens a statistics file was measured on, from its header alone. Throws like {@link readExpertMaps}. */
export async function readMeasuredTokens(path: string): Promise<number> {
  const file = await open(path, 'r')
  try {
    return (await readHeader(file, path)).header.tokens
  } finally {
    await file.close()
  }
}

const sum = (lengths: readonly number[]): number => lengths.reduce((total, length) => total + length, 0)

async function readHeader(file: FileHandle, path: string): Promise<{ header: Header; start: number }> {
  const { size } = await file.stat()
  const first = await readAt(file, 0, Math.min(12, size))
  if (first.length < 12 || first.toString('latin1', 0, 8) !== STATISTICS_MAGIC) refuse(path, 'not-statistics')
  const headerBytes = first.readUInt32LE(8)
  const start = 12 + headerBytes
  if (headerBytes > LONGEST_HEADER || start + HASH_BYTES > size) refuse(path, 'truncated')
  return { header: parseStatisticsHeader((await readAt(file, 12, headerBytes)).toString('utf8'), size - start - HASH_BYTES, path), start }
}

/** The arrays of one number per expert lie together, before the long ones. */
async function readLayer(
  file: FileHandle,
  position: number,
  lengths: readonly number[],
): Promise<{ tokens: number[]; gatedOutputNormSum: number[] }> {
  const last = EXPERT_ARRAYS.indexOf('gatedOutputNormSum')
  const bytes = await readAt(file, position, sum(lengths.slice(0, last + 1)) * BYTES)
  const array = (name: (typeof EXPERT_ARRAYS)[number]): number[] => {
    const index = EXPERT_ARRAYS.indexOf(name)
    const from = sum(lengths.slice(0, index)) * BYTES
    return Array.from({ length: lengths[index] ?? 0 }, (_, i) => bytes.readDoubleLE(from + i * BYTES))
  }
  return { tokens: array('tokens'), gatedOutputNormSum: array('gatedOutputNormSum') }
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length)
  let done = 0
  while (done < length) {
    const { bytesRead } = await file.read(bytes, done, length - done, position + done)
    if (bytesRead === 0) throw new Error('the file became shorter while it was read')
    done += bytesRead
  }
  return bytes
}
