import type { TensorPlace } from '../architectures/tensor-list.ts'
import type { FactoredForm } from '../contract/form.ts'
import { bytesOf } from '../formats/safetensors/writer.ts'
import { narrowToF16Value, widenF16Value } from '../tensor/convert.ts'
import { factoredTensors, residualWidth } from './factored.ts'
import { balancingPowers } from './factor-balance.ts'
import { halfBytes, largestOf } from './half.ts'
import { groupName, moduleName } from './names.ts'
import type { EncodedTensors } from './stored.ts'
import type { FactoredMatrices } from './values.ts'

type Encode = () => Uint8Array<ArrayBuffer>

/**
 * The bytes of the tensors `factoredTensors` lists, factors scaled by powers of two where half precision could not hold them as they are.
 * Throws RangeError naming the tensor whose values are missing, of another size, or beyond half precision even so.
 */
export function encodeFactored(form: FactoredForm, factors: FactoredMatrices, places: readonly TensorPlace[]): EncodedTensors {
  const [first] = places
  if (first === undefined) return new Map()
  const group = groupName(first)
  const encoded = new Map<string, Encode>()
  const powers = balancingPowers(form, factors, group)
  factors.bases.forEach((basis, j) => setHalf(encoded, `${group}.basis.${j}`, basis, 2 ** (powers.basis[j] ?? 0)))
  if (factors.mix !== null) setBytes(encoded, `${group}.mix`, factors.mix)
  if (factors.shared !== null) setHalf(encoded, `${group}.shared`, factors.shared, 1)
  if (factors.columns !== null) setBytes(encoded, `${group}.columns`, factors.columns)
  factors.left.forEach((left, i) => {
    const place = places[i]
    const name = form.leftOf !== null || place === undefined ? `${group}.left.${i}` : `${moduleName(place)}.left`
    setHalf(encoded, name, left, 2 ** (powers.left[i] ?? 0))
  })
  places.forEach((place, i) => {
    encodeCorrection(encoded, form, factors.corrections[i], moduleName(place))
  })
  return chosen(form, places, encoded, group)
}

/** The encoders of the tensors that exist, their sizes checked against the form. */
function chosen(form: FactoredForm, places: readonly TensorPlace[], encoded: ReadonlyMap<string, Encode>, group: string): EncodedTensors {
  const entries = factoredTensors(form, places)
  return new Map(
    entries.map(({ name, shape, dtype }) => {
      const encode = encoded.get(name)
      if (encode === undefined) throw new RangeError(`${name} has no values`)
      const bytes = bytesOf({ shape, dtype })
      return [
        name,
        () => {
          const data = encode()
          if (data.byteLength !== bytes) throw new RangeError(`${name} of ${group} has ${data.byteLength} bytes, its form wants ${bytes}`)
          return data
        },
      ]
    }),
  )
}

function encodeCorrection(encoded: Map<string, Encode>, form: FactoredForm, correction: Float32Array | undefined, module: string): void {
  const width = residualWidth(form)
  if (form.residual === null || correction === undefined || width === 0) return
  if (form.residual.bits === 16) {
    setHalf(encoded, `${module}.correction`, correction, 1)
    return
  }
  encoded.set(`${module}.correction_scale`, () => halfBytes(`${module}.correction_scale`, rowScales(correction, width)))
  encoded.set(`${module}.correction`, () => new Uint8Array(toCodes(correction, rowScales(correction, width), width).buffer))
}

/** Largest magnitude of each row / 127, as a half-precision number. */
function rowScales(correction: Float32Array, width: number): Float32Array {
  return Float32Array.from({ length: correction.length / width }, (_, row) => {
    return widenF16Value(narrowToF16Value(largestOf(correction.subarray(row * width, (row + 1) * width)) / 127))
  })
}

function toCodes(correction: Float32Array, scales: Float32Array, width: number): Int8Array<ArrayBuffer> {
  const codes = new Int8Array(correction.length)
  for (let i = 0; i < codes.length; i++) {
    const scale = scales[Math.floor(i / width)] as number
    const code = scale === 0 ? 0 : Math.round((correction[i] as number) / scale)
    codes[i] = Math.min(127, Math.max(-127, code))
  }
  return codes
}

function setHalf(encoded: Map<string, Encode>, name: string, values: Float32Array, factor: number): void {
  encoded.set(name, () => halfBytes(name, values, factor))
}

function setBytes(encoded: Map<string, Encode>, name: string, values: Float32Array | Int32Array): void {
  encoded.set(name, () => new Uint8Array(values.slice().buffer))
}
