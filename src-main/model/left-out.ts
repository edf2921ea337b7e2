import type { ModelShape } from '../architectures/architecture.ts'
import { ExpectedError } from '../contract/errors.ts'
import type { ModelSummary } from '../contract/model.ts'
import type { LazyTensor } from '../tensor/tensor.ts'

/** Kinds of tensors that a text model has no use for. */
type Kind = ModelSummary['leftOut'][number]['what']

const KINDS: readonly (readonly [RegExp, Kind])[] = [
  [/^(model\.)?(visual|vision_tower|vision_model|multi_modal_projector|embed_vision|mlp_AR)\./, 'vision'],
  [/^(model\.)?(audio_tower|embed_audio)\./, 'audio'],
  [/^(model\.)?mtp\./, 'later-tokens'],
  [/\.rotary_emb\.inv_freq$/, 'rope-table'],
]

/** Places the text model of a checkpoint with other senses may be at. */
const TEXT_PREFIXES = ['model.language_model.', 'language_model.model.', 'model.text_model.']

/** A checkpoint's tensors under the names of a text model, and what was left out of it. */
export interface TextTensors {
  readonly tensors: ReadonlyMap<string, LazyTensor>
  readonly leftOut: ModelSummary['leftOut']
}

/**
 * Takes the text model out of a checkpoint: tensors of other senses, and of the layers behind the last that predict later tokens, are
 * counted, not taken; everything else is, and whoever matches it refuses what is unknown. Throws ExpectedError 'tensor-unexpected' where
 * two tensors have one place in the text model.
 */
export function textTensors(tensors: ReadonlyMap<string, LazyTensor>, shape: ModelShape): TextTensors {
  const taken = new Map<string, LazyTensor>()
  const counts = new Map<Kind, { tensors: number; bytes: number }>()
  for (const [name, tensor] of tensors) {
    const own = ownName(name)
    const kind = kindOf(own, shape)
    if (kind === null && taken.has(own)) throw new ExpectedError('tensor-unexpected', { tensor: name })
    if (kind === null) taken.set(own, tensor)
    else {
      const { tensors: count, bytes } = counts.get(kind) ?? { tensors: 0, bytes: 0 }
      counts.set(kind, { tensors: count + 1, bytes: bytes + tensor.bytes })
    }
  }
  return { tensors: taken, leftOut: [...counts].map(([what, count]) => ({ what, ...count })) }
}

function ownName(name: string): string {
  if (name === 'language_model.lm_head.weight') return 'lm_head.weight'
  const prefix = TEXT_PREFIXES.find((one) => name.startsWith(one))
  return prefix === undefined ? name : `model.${name.slice(prefix.length)}`
}

function kindOf(name: string, { layers, traits }: ModelShape): Kind | null {
  const layer = /^model\.layers\.(\d{1,6})\./.exec(name)?.[1]
  if (layer !== undefined && Number(layer) >= layers && Number(layer) < layers + traits.laterLayers) return 'later-tokens'
  return KINDS.find(([pattern]) => pattern.test(name))?.[1] ?? null
}
