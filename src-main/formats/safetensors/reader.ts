import { ExpectedError } from '../../contract/errors.ts'
import type { LazyTensor } from '../../tensor/tensor.ts'
import { openSafetensorsFile } from './file.ts'
import type { SafetensorsFile } from './file.ts'
import type { TensorSpan } from './header.ts'
import { lazyTensor } from './lazy.ts'
import type { WidenBf16 } from './lazy.ts'
import { findShards } from './shards.ts'
import type { Shard } from './shards.ts'

/** Where a tensor lies. */
export interface LocatedTensor {
  readonly file: SafetensorsFile
  readonly span: TensorSpan
}

/** An open folder of safetensors: where every tensor lies, whatever its type, nothing read but headers. */
export interface SafetensorsSpans {
  readonly located: ReadonlyMap<string, LocatedTensor>
  readonly files: readonly SafetensorsFile[]
  close(): Promise<void>
}

/** An open folder of weights: every tensor by name, to be read as float32. */
export interface SafetensorsFolder {
  readonly tensors: ReadonlyMap<string, LazyTensor>
  readonly files: readonly SafetensorsFile[]
  close(): Promise<void>
}

/**
 * Opens a folder's weights: one file, or shards with an index. Index and shards must agree exactly.
 * Throws what `openSafetensorsSpans` throws, and ExpectedError 'dtype-unsupported' for integers.
 */
export async function openSafetensorsFolder(folder: string, widenBf16?: WidenBf16): Promise<SafetensorsFolder> {
  const { located, files, close } = await openSafetensorsSpans(folder)
  try {
    const tensors = new Map([...located].map(([name, { file, span }]) => [name, lazyTensor(file, span, widenBf16)]))
    return { tensors, files, close }
  } catch (error) {
    await close()
    throw error
  }
}

/**
 * Opens a folder's weight files. Throws what `findShards` and `openSafetensorsFile` throw, and ExpectedError 'tensor-missing' or
 * 'tensor-unexpected' {tensor, shard}.
 */
export async function openSafetensorsSpans(folder: string): Promise<SafetensorsSpans> {
  const shards = await findShards(folder)
  const files: SafetensorsFile[] = []
  const close = async () => {
    await Promise.all(files.map((file) => file.handle.close()))
  }
  try {
    const located = new Map<string, LocatedTensor>()
    for (const shard of shards) {
      const file = await openSafetensorsFile(shard.path)
      files.push(file)
      addTensors(located, file, shard)
    }
    return { located, files, close }
  } catch (error) {
    await close()
    throw error
  }
}

function addTensors(located: Map<string, LocatedTensor>, file: SafetensorsFile, shard: Shard): void {
  for (const span of file.spans) {
    const isListed = shard.expected === null || shard.expected.has(span.name)
    if (!isListed || located.has(span.name)) throw new ExpectedError('tensor-unexpected', { tensor: span.name, shard: shard.name })
    located.set(span.name, { file, span })
  }
  for (const tensor of shard.expected ?? []) {
    if (!located.has(tensor)) throw new ExpectedError('tensor-missing', { tensor, shard: shard.name })
  }
}
