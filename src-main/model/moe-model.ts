import type { Architecture, LayerRole, ModelShape } from '../architectures/architecture.ts'
import type { ExpertRole } from '../architectures/parts.ts'
import type { PruningForm } from '../contract/form.ts'
import type { LazyTensor } from '../tensor/tensor.ts'

/** One expert: y = down (silu(gate x) * (up x)). */
export interface Expert {
  readonly gate: LazyTensor // (width, hidden)
  readonly up: LazyTensor // (width, hidden)
  readonly down: LazyTensor // (hidden, width)
}

/** Roles that exist once in a layer, in the form GGUF holds them. */
export type SingleRole = Exclude<LayerRole, ExpertRole | 'kvB'>

/** One transformer layer, nothing loaded. */
export interface MoeLayer {
  readonly index: number
  /** What the layer has beside its experts: shapes are those of architectures/parts.ts. */
  readonly tensors: Readonly<Partial<Record<SingleRole, LazyTensor>>>
  /** Empty in a dense layer. */
  readonly experts: readonly Expert[]
}

/** A layer's tensor of a role it is known to have. Throws RangeError where it has none. */
export function tensorOf(layer: MoeLayer, role: SingleRole): LazyTensor {
  const tensor = layer.tensors[role]
  if (tensor === undefined) throw new RangeError(`layer ${layer.index} has no ${role}`)
  return tensor
}

/** A checkpoint, understood: what every tensor means, nothing loaded. Comes from a safetensors folder or from a GGUF file. */
export interface MoeModel {
  readonly architecture: Architecture
  readonly shape: ModelShape
  readonly embedding: LazyTensor // (vocabulary, hidden)
  readonly layers: readonly MoeLayer[]
  readonly outputNorm: LazyTensor // (hidden)
  /** What the frequencies of rotary positions are divided by, where they are stretched pair by pair. (turning / 2) */
  readonly ropeFactors: LazyTensor | null
  /** The output matrix (vocabulary, hidden); the embedding itself when tied. */
  readonly output: LazyTensor
  /** Experts that tokens may skip; absent or null: every token runs all its chosen experts. */
  readonly pruning?: PruningForm | null | undefined
  /** Closes the files behind the tensors. */
  close(): Promise<void>
}
