import { tensorOf } from '../../../src-main/model/moe-model.ts'
// A folder of ours brought by somebody else: the form in its config.json and its weights changed, every matrix rebuilt when it opens.
import { join } from 'node:path'
import { openExport } from '../../../src-main/model/open-export.ts'
import { TINY_SHAPE, writeTinyCheckpoint } from '../../fixtures/tiny-checkpoint.ts'
import { sampleForms } from '../../forms/sample-forms.ts'
import { writeExport } from '../../forms/write-export.ts'
import { jsonPart, readParts, writeParts } from '../folder-parts.ts'
import { mutateBytes } from '../mutate-bytes.ts'
import { mutateJson } from '../mutate-json.ts'
import type { OpenTarget } from '../target.ts'

const WEIGHTS = 'model-00001-of-00001.safetensors'
const WORDS = [
  'packed',
  'factored',
  'signs',
  'columns',
  'silu',
  'tanh',
  'none',
  'rows',
  'nonzeros',
  'ranks',
  'basisOf',
  'leftOf',
  'bits',
  'groupSize',
  'residual',
  'seed',
  'shared',
  'transposed',
  'kind',
  'expertGate',
  'expertDown',
  'query',
  'pruning',
  'keep',
  'layers',
]

export const openTarget: OpenTarget = async (place) => {
  const checkpoint = join(place, 'checkpoint')
  const shape = { ...TINY_SHAPE, vocabulary: 8 }
  await writeTinyCheckpoint(checkpoint, { shape })
  const sound = await Promise.all(
    sampleForms(shape).map(async ([, form], i) => {
      await writeExport(checkpoint, join(place, `export-${i}`), form)
      return readParts(join(place, `export-${i}`))
    }),
  )
  const folder = join(place, 'model')
  return {
    make(chance) {
      const parts = chance.pick(sound)
      const config = jsonPart(parts, 'config.json')
      const weights = parts[WEIGHTS] ?? new Uint8Array()
      return {
        ...parts,
        'config.json': mutateJson(chance, config, chance.happens(0.1) ? { words: WORDS } : { words: WORDS, most: 2, within: 'whittle' }),
        [WEIGHTS]: chance.happens(0.3) ? mutateBytes(chance, weights, 3) : weights,
      }
    },
    async run(input) {
      writeParts(folder, input)
      const model = await openExport(folder)
      try {
        for (const layer of model.layers) {
          const { experts } = layer
          await tensorOf(layer, 'query').read()
          for (const { gate, up, down } of experts) await Promise.all([gate.read(), up.readRows(0, 1), down.read()])
        }
      } finally {
        await model.close()
      }
    },
  }
}
