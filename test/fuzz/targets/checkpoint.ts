// A model's folder: config.json changed, over weights that fit the sound one.
import { join } from 'node:path'
import { openCheckpoint } from '../../../src-main/model/open-checkpoint.ts'
import { writeTinyCheckpoint } from '../../fixtures/tiny-checkpoint.ts'
import { jsonPart, readParts, writeParts } from '../folder-parts.ts'
import { mutateJson } from '../mutate-json.ts'
import { mustHold, type OpenTarget } from '../target.ts'

export const openTarget: OpenTarget = async (place) => {
  const folder = join(place, 'model')
  await writeTinyCheckpoint(folder, { shape: { vocabulary: 8 } })
  const sound = readParts(folder)
  const config = jsonPart(sound, 'config.json')
  const configs = [
    config,
    {
      ...config,
      rope_parameters: { rope_theta: 10000, rope_type: 'default' },
      num_local_experts: 4,
      layer_types: ['full_attention', 'full_attention'],
    },
    { ...config, quantization_config: { quant_method: 'gptq' } },
  ]
  const words = [
    ...Object.keys(config),
    'qwen3_moe',
    'whittle',
    'whittle_qwen3_moe',
    'silu',
    'linear',
    'yarn',
    'quantization_config',
    'rope_parameters',
    'sliding_window',
  ]
  return {
    make: (chance) => ({ 'config.json': mutateJson(chance, chance.pick(configs), { words }) }),
    async run(input) {
      writeParts(folder, { ...sound, ...input })
      const { model, close } = await openCheckpoint(folder)
      try {
        for (const [key, value] of Object.entries(model.shape))
          mustHold(typeof value !== 'number' || Number.isFinite(value), `${key} = ${value}`)
      } finally {
        await close()
      }
    },
  }
}
