import path from 'node:path'
import { eachCheckpointTensor } from '../architectures/tensor-list.ts'
import { openSafetensorsFolder } from '../formats/safetensors/reader.ts'
import type { SafetensorsFolder } from '../formats/safetensors/reader.ts'
import type { Kernels } from '../kernels/kernels.ts'
import type { ModelSummary } from '../contract/model.ts'
import { assembleModel, matchTensors } from './assemble.ts'
import { canonicalTensors } from './canonical.ts'
import { textTensors } from './left-out.ts'
import { readLicense } from './license.ts'
import type { MoeModel } from './moe-model.ts'
import { readConfig } from './read-config.ts'
import { separateExperts } from './stacked-experts.ts'

/** What the folder says besides the weights. */
export interface CheckpointFacts {
  readonly path: string
  readonly name: string
  /** The dtype most bytes are stored in. */
  readonly dtype: string
  /** Bytes of all weight files. */
  readonly bytes: number
  readonly shards: number
  readonly license: string | null
  /** What of the folder a text model has no use for. */
  readonly leftOut: ModelSummary['leftOut']
}

export interface OpenCheckpoint {
  readonly model: MoeModel
  readonly facts: CheckpointFacts
  /** Closes the files behind the tensors; the same as `model.close`. */
  close(): Promise<void>
}

/**
 * Opens a Hugging Face folder: config.json says what it is, safetensors headers where everything lies; no weight is read.
 * Every tensor of the folder has exactly one role. Throws ExpectedError with one of the 'open' codes of contract/errors.ts.
 */
export async function openCheckpoint(folder: string, options: { widenBf16?: Kernels['widenBf16'] } = {}): Promise<OpenCheckpoint> {
  const { architecture, shape } = await readConfig(folder)
  const source = await openSafetensorsFolder(folder, options.widenBf16)
  try {
    const { tensors, leftOut } = textTensors(source.tensors, shape)
    const separate = separateExperts(architecture, shape, tensors)
    const find = canonicalTensors(shape, matchTensors(eachCheckpointTensor(architecture, shape), separate))
    const facts = { ...(await readFacts(folder, source)), leftOut }
    return { model: assembleModel(architecture, shape, find, source.close), facts, close: source.close }
  } catch (error) {
    await source.close()
    throw error
  }
}

async function readFacts(folder: string, source: SafetensorsFolder): Promise<Omit<CheckpointFacts, 'leftOut'>> {
  const absolute = path.resolve(folder)
  return {
    path: absolute,
    name: path.basename(absolute),
    dtype: mainDtype(source),
    shards: source.files.length,
    bytes: source.files.reduce((sum, file) => sum + file.bytes, 0),
    license: await readLicense(folder),
  }
}

function mainDtype(source: SafetensorsFolder): string {
  const bytes = new Map<string, number>()
  for (const tensor of source.tensors.values()) bytes.set(tensor.storage, (bytes.get(tensor.storage) ?? 0) + tensor.bytes)
  return [...bytes].sort((a, b) => b[1] - a[1])[0]?.[0] ?? 'F32'
}
