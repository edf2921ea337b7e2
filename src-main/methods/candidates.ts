import type { StoredTensor } from '../calibration/stored-tensors.ts'
import type { PlanNote } from '../contract/notes.ts'
import { GGML_TYPES, rowBytes, storableType } from '../tensor/ggml-type.ts'
import type { GgmlTypeName } from '../tensor/ggml-type.ts'

/** One type a tensor can be stored as. */
export interface Candidate {
  readonly type: GgmlTypeName
  /** Bytes of the tensor's data, without padding. */
  readonly bytes: number
  /** Why this is not the type asked for, or null. */
  readonly note: PlanNote | null
}

/** Bytes of a whole tensor stored as `type`. */
export function bytesAs(tensor: StoredTensor, type: GgmlTypeName): number {
  return (tensor.weights / tensor.columns) * rowBytes(type, tensor.columns)
}

/** Bits a type spends on a weight. */
export function bitsPerWeightOf(type: GgmlTypeName): number {
  return (GGML_TYPES[type].blockBytes * 8) / GGML_TYPES[type].blockWeights
}

/**
 * The types that can really store the tensor when `wanted` are allowed, each once, smallest first. A row that is not whole blocks
 * falls back as llama.cpp does. A tensor kept in F32 has that one candidate.
 */
export function candidatesOf(tensor: StoredTensor, wanted: readonly GgmlTypeName[]): Candidate[] {
  if (tensor.keptInF32) return [{ type: 'F32', bytes: bytesAs(tensor, 'F32'), note: { note: 'kept-in-f32' } }]
  const found = new Map<GgmlTypeName, Candidate>()
  for (const asked of wanted) {
    const type = storableType(asked, tensor.columns)
    const note: PlanNote | null = type === asked ? null : { note: 'rows-not-whole', columns: tensor.columns, type: asked }
    if (note === null || !found.has(type)) found.set(type, { type, bytes: bytesAs(tensor, type), note })
  }
  return [...found.values()].sort((a, b) => a.bytes - b.bytes)
}
