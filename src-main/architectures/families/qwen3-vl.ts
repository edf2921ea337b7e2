import { readCommon, readRouted, ropeTraits, shapeOf } from '../config-shape.ts'
import { defineFamily, type FamilyPage } from '../family.ts'
import { refuseGguf } from '../gguf-keys.ts'
import { readDenseQwen3 } from './qwen3.ts'

/** llama.cpp's loader wants to know which elements turn by time, by height and by width. */
const needsSections: FamilyPage['gguf']['guard'] = ({ traits }) => {
  if (traits.rope.sections === null) refuseGguf('mrope_section', null)
}

/** The text part of Qwen3-VL, dense: Qwen3 whose positions have a time, a height and a width, all alike in text. */
export const qwen3Vl = defineFamily({
  id: 'qwen3_vl',
  title: 'Qwen3-VL (text part)',
  ggufName: 'qwen3vl',
  gguf: { normalizes: null, readsRouter: false, guard: needsSections },
  read: readDenseQwen3,
})

/** The text part of Qwen3-VL with experts, all of a layer in two stacked tensors. */
export const qwen3VlMoe = defineFamily({
  id: 'qwen3_vl_moe',
  title: 'Qwen3-VL Mixture of Experts (text part)',
  ggufName: 'qwen3vlmoe',
  gguf: { normalizes: true, readsRouter: false, guard: needsSections },
  read: (config) => {
    config.ignore('intermediate_size')
    config.only('attention_bias', false)
    config.only('decoder_sparse_step', 1)
    config.only('mlp_only_layers', [])
    const common = readCommon(config, { headSize: 128, tied: false, epsilon: 1e-6 })
    return shapeOf(common, readRouted(config, 'moe_intermediate_size', null), { rope: ropeTraits(common) })
  },
})
