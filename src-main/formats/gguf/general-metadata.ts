import type { GgufValue } from '../../architectures/architecture.ts'
import type { GgmlTypeName } from '../../tensor/ggml-type.ts'

/** llama.cpp's number for "mostly this type"; it only shows it. */
const FILE_TYPES: Readonly<Record<GgmlTypeName, number>> = {
  F32: 0,
  F16: 1,
  BF16: 32,
  Q8_0: 7,
  Q6_K: 18,
  Q5_K: 17,
  Q4_K: 15,
  Q4_0: 2,
  Q3_K: 12,
  Q2_K: 10,
}

/** What the general.* keys say of a model. */
export interface GeneralFacts {
  /** `general.architecture`: the architecture's `ggufName`. */
  readonly architecture: string
  readonly name: string
  readonly license: string | null
  /** Weights held by each type; the largest share names the file's type. */
  readonly weightsByType: ReadonlyMap<GgmlTypeName, number>
}

/** The general.* keys, in the order they are written. Alignment is left at the format's default of 32. */
export function generalMetadata(facts: GeneralFacts): Map<string, GgufValue> {
  const [main] = [...facts.weightsByType].sort((a, b) => b[1] - a[1])
  const metadata = new Map<string, GgufValue>([
    ['general.architecture', { type: 'string', value: facts.architecture }],
    ['general.type', { type: 'string', value: 'model' }],
    ['general.name', { type: 'string', value: facts.name }],
  ])
  if (facts.license !== null) metadata.set('general.license', { type: 'string', value: facts.license })
  metadata.set('general.quantization_version', { type: 'u32', value: 2 })
  metadata.set('general.file_type', { type: 'u32', value: FILE_TYPES[main?.[0] ?? 'F32'] })
  return metadata
}
