// The start of a safetensors file, in memory: its length, its JSON, and where each tensor lies.
import { headerLength, LENGTH_BYTES, parseHeader } from '../../../src-main/formats/safetensors/header.ts'
import { assemble } from '../../formats/safetensors/hostile-header.ts'
import { mutateBytes } from '../mutate-bytes.ts'
import { mutateJson } from '../mutate-json.ts'
import { mustHold, type OpenTarget } from '../target.ts'

const SOUND = {
  __metadata__: { format: 'pt' },
  a: { dtype: 'BF16', shape: [2, 4], data_offsets: [0, 16] },
  'model.layers.0.b': { dtype: 'F32', shape: [3], data_offsets: [16, 28] },
  c: { dtype: 'I32', shape: [2], data_offsets: [28, 36] },
  d: { dtype: 'F16', shape: [], data_offsets: [36, 38] },
}

const WORDS = [
  '__metadata__',
  'BF16',
  'F16',
  'F32',
  'I8',
  'U8',
  'I32',
  'I64',
  'BOOL',
  'F8_E4M3',
  'bf16',
  'dtype',
  'shape',
  'data_offsets',
  'a',
  'c',
]

export const openTarget: OpenTarget = () => ({
  make(chance) {
    const header = mutateJson(chance, SOUND, { words: WORDS, most: chance.pick([1, 3]), within: chance.pick(['', '', '__metadata__']) })
    const file = assemble({ header, dataBytes: chance.pick([38, 38, 38, 38, 37, 39, 0, 1000]) })
    return { file: chance.happens(0.15) ? mutateBytes(chance, file, 2) : file }
  },
  run({ file = new Uint8Array() }) {
    const length = headerLength(file.subarray(0, LENGTH_BYTES + 1), file.length, 'file')
    let end = LENGTH_BYTES + length
    for (const span of parseHeader(file.subarray(LENGTH_BYTES, end), file.length, 'file')) {
      mustHold(span.start === end && span.end >= span.start, 'a tensor that does not begin where the one before it ends')
      end = span.end
    }
    mustHold(end === file.length, 'tensors that do not end where the file does')
  },
})
