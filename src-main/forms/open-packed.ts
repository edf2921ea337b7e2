import type { TensorPlace } from '../architectures/tensor-list.ts'
import type { PackedForm } from '../contract/form.ts'
import { assertOneArray } from '../tensor/pieces.ts'
import type { LazyTensor } from '../tensor/tensor.ts'
import { alongInput, alongOutput, unpackCodes } from './bit-strings.ts'
import { turned } from './encode-packed.ts'
import { fromHalfBytes } from './half.ts'
import { moduleName } from './names.ts'
import { packedTensors } from './packed.ts'
import type { FindStored } from './stored.ts'

/** Packed matrices as dense ones, one per place, decoded when they are read. */
export function openPacked(form: PackedForm, places: readonly TensorPlace[], find: FindStored): LazyTensor[] {
  return places.map((place, i) => {
    const [out = 0, columns = 0] = place.shape
    const own = packedTensors({ ...form, bits: form.bits.slice(i, i + 1) }, [place]).map((entry) => find(entry.name))
    const decode = async (start: number, count: number) => {
      if (start < 0 || count < 0 || start + count > out) throw new RangeError(`${place.name} has no rows ${start}+${count}`)
      assertOneArray(place.name, count * columns)
      const stored = await readPacked(moduleName(place), form.bits[i] ?? 0, find)
      return decodeRows(stored, { out, columns, groupSize: form.groupSize, bits: form.bits[i] ?? 0 }, start, count)
    }
    return {
      name: place.name,
      storage: 'F16',
      form: 'packed',
      shape: place.shape,
      bytes: own.reduce((sum, source) => sum + source.bytes, 0),
      read: () => decode(0, out),
      readRows: decode,
    }
  })
}

interface StoredPacked {
  readonly words: Uint32Array
  readonly zeros: Uint32Array | null
  readonly scales: Float32Array // (groups, out)
}

interface PackedSize {
  readonly out: number
  readonly columns: number
  readonly groupSize: number
  readonly bits: number
}

/** `g_idx` is not read: groups are always in order here. */
async function readPacked(module: string, bits: number, find: FindStored): Promise<StoredPacked> {
  const words = async (part: string) => new Uint32Array((await find(`${module}.${part}`).readBytes()).buffer)
  return {
    words: await words('qweight'),
    zeros: bits === 1 ? null : await words('qzeros'),
    scales: fromHalfBytes(await find(`${module}.scales`).readBytes()),
  }
}

/** value = (code - zero) * scale, with 1 bit (2 code - 1) * scale; rounded to float32 once. */
function decodeRows(stored: StoredPacked, { out, columns, groupSize, bits }: PackedSize, start: number, count: number): Float32Array {
  const groups = columns / groupSize
  const codes = unpackCodes(stored.words, alongInput(out, bits), columns, start, count)
  const zeros = stored.zeros === null ? null : turned(unpackCodes(stored.zeros, alongOutput(groups, out, bits), out), groups, out)
  const values = new Float32Array(count * columns)
  for (let row = 0; row < count; row++) {
    for (let group = 0; group < groups; group++) {
      const scale = stored.scales[group * out + start + row] as number
      const zero = zeros === null ? 0.5 : (zeros[(start + row) * groups + group] as number)
      const step = zeros === null ? 2 * scale : scale
      const first = row * columns + group * groupSize
      for (let i = first; i < first + groupSize; i++) values[i] = ((codes[i] as number) - zero) * step
    }
  }
  return values
}
