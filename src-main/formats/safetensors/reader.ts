import { ExpectedError } from '../../contract/errors.ts'
import type { LazyTensor } from '../../tensor/tensor.ts'
import { openSafetensorsFile } from './file.ts'
import type { SafetensorsFile } from './file.ts'
import { lazyTensor } from './lazy.ts'
import type { WidenBf16 } from './lazy.ts'
import { findShards } from './shards.ts'
import type { Shard } from './shards.ts'

/** An open folder of safetensors: every tensor by name, nothing read but headers. */
export interface SafetensorsFolder {
  readonly tensors: ReadonlyMap<string, LazyTensor>
  readonly files: readonly SafetensorsFile[]
  close(): Promise<void>
}

/**
 * Opens a folder's weights: one file, or shards with an index. Index and shards must agree exactly.
 * Throws what `findShards` and `openSafetensorsFile` throw, and ExpectedError 'tensor-missing' or 'tensor-unexpected' {tensor, shard}.
 */
export async function openSafetensorsFolder(folder: string, widenBf16?: WidenBf16): Promise<SafetensorsFolder> {
  const shards = await findShards(folder)
  const files: SafetensorsFile[] = []
  const close = async () => {
    await Promise.all(files.map((file) => file.handle.close()))
  }
  try {
    const tensors = new Map<string, LazyTensor>()
    for (const shard of shards) {
      const file = await openSafetensorsFile(shard.path)
      files.push(file)
      addTensors(tensors, file, shard, widenBf16)
    }
    return { tensors, files, close }
  } catch (error) {
    await close()
    throw error
  }
}

function addTensors(tensors: Map<string, LazyTensor>, file: SafetensorsFile, shard: Shard, widenBf16: WidenBf16 | undefined): void {
  for (const span of file.spans) {
    const isListed = shard.expected === null || shard.expected.has(span.name)
    if (!isListed || tensors.has(span.name)) throw new ExpectedError('tensor-unexpected', { tensor: span.name, shard: shard.name })
    tensors.set(span.name, lazyTensor(file, span, widenBf16))
  }
  for (const tensor of shard.expected ?? []) {
    if (!tensors.has(tensor)) throw new ExpectedError('tensor-missing', { tensor, shard: shard.name })
  }
}
