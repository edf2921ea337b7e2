import type { GgufValue } from '../architectures/architecture.ts'
import { storedTensors } from '../calibration/stored-tensors.ts'
import type { StoredTensor } from '../calibration/stored-tensors.ts'
import type { ModelSummary } from '../contract/model.ts'
import { generalMetadata } from '../formats/gguf/general-metadata.ts'
import { layoutGguf } from '../formats/gguf/layout.ts'
import type { GgufLayout } from '../formats/gguf/layout.ts'
import type { Kernels } from '../kernels/kernels.ts'
import { methods } from '../methods/index.ts'
import { suitedFormats } from '../methods/suits.ts'
import type { MoeModel } from '../model/moe-model.ts'
import { modelFolder } from '../model/model-folder.ts'
import { openCheckpoint } from '../model/open-checkpoint.ts'
import type { CheckpointFacts } from '../model/open-checkpoint.ts'
import { summarizeModel } from '../model/summary.ts'
import type { GgmlTypeName } from '../tensor/ggml-type.ts'
import { tokenizerMetadata } from '../text/gguf-tokenizer.ts'
import { openTokenizer } from '../text/tokenizer.ts'
import type { Tokenizer } from '../text/tokenizer.ts'

/** A checkpoint and everything a job needs to know of it; no weight is loaded. */
export interface Source {
  readonly model: MoeModel
  readonly facts: CheckpointFacts
  readonly summary: ModelSummary
  readonly tokenizer: Tokenizer
  /** The `tokenizer.*` keys of the file to be. */
  readonly tokenizerKeys: ReadonlyMap<string, GgufValue>
  /** The tensors of the file to be, in written order. */
  readonly tensors: readonly StoredTensor[]
}

/**
 * Opens a checkpoint with its tokenizer: the verb `open`. `path` is its folder, or one of its files. Close `model` afterwards.
 * @param preTokenizer the name chosen for a tokenizer that llama.cpp has none for, see Recipe
 * Throws ExpectedError with an 'open' code of contract/errors.ts; a tokenizer llama.cpp would not know is refused here, before any work.
 */
export async function openSource(path: string, kernels: Kernels, preTokenizer: string | null = null): Promise<Source> {
  const folder = await modelFolder(path)
  const { model, facts, close } = await openCheckpoint(folder, { widenBf16: kernels.widenBf16 })
  try {
    const tokenizer = await openTokenizer(folder, preTokenizer)
    const tokenizerKeys = await tokenizerMetadata(folder, model.shape.vocabulary, { sameAs: preTokenizer })
    const name = tokenizerKeys.get('tokenizer.ggml.pre')
    const summary = {
      ways: Object.fromEntries(methods.map((method) => [method.id, suitedFormats(method, model)])),
      ...summarizeModel(model, facts, {
        tokenizer: { kind: tokenizer.kind, vocabulary: tokenizer.vocabularySize, preTokenizer: name?.type === 'string' ? name.value : '' },
        chatTemplate: tokenizer.chatTemplate !== null,
      }),
    }
    return { model, facts, summary, tokenizer, tokenizerKeys, tensors: storedTensors(model) }
  } catch (error) {
    await close()
    throw error
  }
}

/**
 * The file to be, to the byte, when each tensor is stored as `typeOf` says. Only the data's size depends on the types, not the header's.
 */
export function layoutOf(source: Source, typeOf: (tensor: StoredTensor) => GgmlTypeName): GgufLayout {
  const weightsByType = new Map<GgmlTypeName, number>()
  const specs = source.tensors.map((tensor) => {
    const type = typeOf(tensor)
    weightsByType.set(type, (weightsByType.get(type) ?? 0) + tensor.weights)
    return { name: tensor.name, type, shape: tensor.shape }
  })
  const { architecture, shape } = source.model
  const general = generalMetadata({
    architecture: architecture.ggufName,
    name: source.facts.name,
    license: source.facts.license,
    weightsByType,
  })
  return layoutGguf(new Map([...general, ...architecture.ggufMetadata(shape), ...source.tokenizerKeys]), specs)
}

/** Stored tensors by the layer they are journaled with: those outside the layers (null) first, then layer by layer. */
export function tensorsByLayer(tensors: readonly StoredTensor[]): Map<number | null, StoredTensor[]> {
  const groups = new Map<number | null, StoredTensor[]>()
  for (const tensor of tensors) groups.set(tensor.layer, [...(groups.get(tensor.layer) ?? []), tensor])
  return groups
}
