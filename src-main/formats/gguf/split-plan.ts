import type { GgufValue } from '../../architectures/architecture.ts'
import { ExpectedError } from '../../contract/errors.ts'
import type { GgufHeader } from './header.ts'
import { layoutGguf } from './layout.ts'
import type { GgufLayout, GgufTensorPlace } from './layout.ts'
import { DEFAULT_ALIGNMENT } from './limits.ts'

/** One part of a split file: a GGUF file of its own. */
export interface SplitPart {
  readonly layout: GgufLayout
  /** Its tensors as they lie in the whole file. */
  readonly tensors: readonly GgufTensorPlace[]
}

/** llama.cpp counts parts in 16 bits; its names have five digits. */
const MOST_PARTS = 65_535

/**
 * The parts llama.cpp's own splitter would make: all metadata in the first, the numbers of the split in every one, tensors in their order,
 * no part above `partBytes`.
 * Throws ExpectedError 'export-failed' {reason} when a tensor, or the header, is larger than a part may be.
 */
export function planSplit({ metadata, tensors }: GgufHeader, partBytes: number): SplitPart[] {
  const parts = cut(metadata, tensors, partBytes)
  if (parts.length > MOST_PARTS) throw new ExpectedError('export-failed', { reason: 'too-many-parts', parts: parts.length, partBytes })
  return parts.map((own, index): SplitPart => {
    const layout = layoutGguf(
      partMetadata(metadata, index, parts.length, tensors.length),
      own.map(({ name, type, shape }) => ({ name, type, shape })),
    )
    if (layout.fileBytes > partBytes) throw new RangeError(`part ${index + 1} has ${layout.fileBytes} bytes`)
    return { layout, tensors: own }
  })
}

/** `name-00001-of-00003`: how llama.cpp finds the other parts. @param index from 0 */
export function partName(name: string, index: number, parts: number): string {
  const five = (n: number): string => String(n).padStart(5, '0')
  return `${name}-${five(index + 1)}-of-${five(parts)}.gguf`
}

/** Tensors of each part, filled one after the other. */
function cut(metadata: GgufHeader['metadata'], tensors: GgufHeader['tensors'], partBytes: number): GgufTensorPlace[][] {
  const parts: GgufTensorPlace[][] = [[]]
  let used = emptyBytes(metadata, 0, tensors.length)
  if (used > partBytes) throw new ExpectedError('export-failed', { reason: 'header-too-large', bytes: used, partBytes })
  for (const tensor of tensors) {
    const needed = infoBytes(tensor) + tensor.paddedBytes
    if (used + needed > partBytes && parts.at(-1)?.length !== 0) {
      used = emptyBytes(metadata, parts.length, tensors.length)
      parts.push([])
    }
    if (used + needed > partBytes) {
      throw new ExpectedError('export-failed', { reason: 'tensor-too-large', tensor: tensor.name, bytes: used + needed, partBytes })
    }
    parts.at(-1)?.push(tensor)
    used += needed
  }
  return parts
}

/** Bytes of a part without tensors, and the padding its tensor infos may need. */
function emptyBytes(metadata: GgufHeader['metadata'], index: number, tensors: number): number {
  return layoutGguf(partMetadata(metadata, index, 1, tensors), []).fileBytes + alignmentOf(metadata)
}

/** Name with its length, dimensions with their number, type, offset. */
function infoBytes({ name, shape }: GgufTensorPlace): number {
  return 8 + new TextEncoder().encode(name).byteLength + 4 + 8 * shape.length + 4 + 8
}

function alignmentOf(metadata: GgufHeader['metadata']): number {
  const stated = metadata.get('general.alignment')
  return stated?.type === 'u32' ? stated.value : DEFAULT_ALIGNMENT
}

function partMetadata(metadata: GgufHeader['metadata'], index: number, parts: number, tensors: number): Map<string, GgufValue> {
  const stated = metadata.get('general.alignment')
  const own: [string, GgufValue][] = index === 0 ? [...metadata] : stated === undefined ? [] : [['general.alignment', stated]]
  return new Map<string, GgufValue>([
    ...own.filter(([key]) => !key.startsWith('split.')),
    ['split.no', { type: 'u16', value: index }],
    ['split.count', { type: 'u16', value: parts }],
    ['split.tensors.count', { type: 'i32', value: tensors }],
  ])
}
