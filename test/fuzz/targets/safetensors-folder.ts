// A folder of safetensors on disk: an index whose names may lead anywhere, links, shards with damaged starts. What opens is read.
import { existsSync, mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, sep } from 'node:path'
import { openSafetensorsFolder } from '../../../src-main/formats/safetensors/reader.ts'
import { assemble } from '../../formats/safetensors/hostile-header.ts'
import { writeParts } from '../folder-parts.ts'
import type { Input } from '../input.ts'
import { mutateBytes } from '../mutate-bytes.ts'
import { mutateJson } from '../mutate-json.ts'
import { mustHold, type OpenTarget } from '../target.ts'

const ONE = assemble({
  header: { a: { dtype: 'BF16', shape: [2, 4], data_offsets: [0, 16] }, b: { dtype: 'F32', shape: [3], data_offsets: [16, 28] } },
  dataBytes: 28,
})
const TWO = assemble({ header: { c: { dtype: 'F16', shape: [4], data_offsets: [0, 8] } }, dataBytes: 8 })
const INDEX = { metadata: { total_size: 36 }, weight_map: { a: 'm-1.safetensors', b: 'm-1.safetensors', c: 'm-2.safetensors' } }

const WORDS = [
  'm-1.safetensors',
  'm-2.safetensors',
  '../outside.safetensors',
  './m-1.safetensors',
  'folder/../m-1.safetensors',
  'link.safetensors',
  'loop',
  'folder',
  'm-1.safetensors/',
  'm-1.safetensors\0',
  'm-1.safetensors:stream',
  'A'.repeat(5000),
  '~/x',
  'x.bin',
  'weight_map',
]

/** What lies beside the parts: a way out of the folder, a link to itself, a folder where a file should be. */
function surround(folder: string, outside: string): void {
  mkdirSync(join(folder, 'folder'))
  if (process.platform === 'win32') return // links are for administrators there
  symlinkSync(outside, join(folder, 'link.safetensors'))
  symlinkSync('loop', join(folder, 'loop'))
}

export const openTarget: OpenTarget = (place) => {
  const folder = join(place, 'model')
  const outside = join(place, 'outside.safetensors')
  writeFileSync(outside, ONE)
  return {
    make(chance): Input {
      const one = chance.happens(0.3) ? mutateBytes(chance, ONE, 2) : ONE
      if (chance.happens(0.1)) return { 'model.safetensors': one }
      const two = chance.happens(0.2) ? mutateBytes(chance, TWO, 2) : TWO
      return { 'model.safetensors.index.json': mutateJson(chance, INDEX, { words: WORDS }), 'm-1.safetensors': one, 'm-2.safetensors': two }
    },
    async run(input) {
      writeParts(folder, input)
      surround(folder, outside)
      const source = await openSafetensorsFolder(folder)
      try {
        const inside = realpathSync(folder) + sep
        for (const { path } of source.files) mustHold(existsSync(path) && path.startsWith(inside), `a file outside the folder: ${path}`)
        for (const tensor of source.tensors.values()) await tensor.read()
      } finally {
        await source.close()
      }
    },
  }
}
