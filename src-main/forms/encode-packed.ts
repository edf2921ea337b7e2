import type { TensorPlace } from '../architectures/tensor-list.ts'
import type { PackedForm } from '../contract/form.ts'
import { alongInput, alongOutput, packCodes } from './bit-strings.ts'
import { halfBytes } from './half.ts'
import { moduleName } from './names.ts'
import type { EncodedTensors } from './stored.ts'
import type { PackedMatrix } from './values.ts'

/**
 * The bytes of the tensors `packedTensors` lists. Throws RangeError naming the matrix when its arrays do not have the sizes of its place.
 */
export function encodePacked(form: PackedForm, matrices: readonly PackedMatrix[], places: readonly TensorPlace[]): EncodedTensors {
  const encoded = new Map<string, () => Uint8Array<ArrayBuffer>>()
  places.forEach((place, i) => {
    const [matrix, bits] = [matrices[i], form.bits[i] ?? 0]
    if (matrix === undefined) throw new RangeError(`${place.name} has no values`)
    const [out = 0, columns = 0] = place.shape
    const groups = columns / form.groupSize
    checkSizes(place.name, matrix, bits, [out, columns, groups])
    const module = moduleName(place)
    const scales = `${module}.scales`
    encoded.set(`${module}.qweight`, () => wordBytes(packCodes(matrix.codes, alongInput(out, bits))))
    encoded.set(scales, () => halfBytes(scales, turned(matrix.scales, out, groups)))
    if (bits === 1) return
    encoded.set(`${module}.qzeros`, () => wordBytes(packCodes(turned(matrix.zeros, out, groups), alongOutput(groups, out, bits))))
    encoded.set(`${module}.g_idx`, () =>
      wordBytes(Uint32Array.from({ length: columns }, (_, column) => Math.floor(column / form.groupSize))),
    )
  })
  return encoded
}

function checkSizes(name: string, matrix: PackedMatrix, bits: number, [out, columns, groups]: readonly [number, number, number]): void {
  const zeros = bits === 1 ? 0 : out * groups
  const fits = matrix.codes.length === out * columns && matrix.scales.length === out * groups && matrix.zeros.length === zeros
  if (!fits)
    throw new RangeError(`${name}: codes, scales or zero points are not those of (${out}, ${columns}) in groups of ${columns / groups}`)
}

/** (rows, columns) as (columns, rows). */
export function turned<T extends Float32Array | Uint8Array>(values: T, rows: number, columns: number): T {
  const result = values.slice() as T // slice keeps the kind of array
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) result[column * rows + row] = values[row * columns + column] as number
  }
  return result
}

function wordBytes(words: Uint32Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return new Uint8Array(words.buffer)
}
