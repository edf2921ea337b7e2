import type { TensorPlace } from '../architectures/tensor-list.ts'
import type { PackedForm } from '../contract/form.ts'
import { reasonText } from '../contract/reasons.ts'
import { moduleName } from './names.ts'
import type { TensorEntry } from './stored.ts'

/** What keeps a matrix from being packed, without its name and width. */
type PackedProblem =
  | { readonly reason: 'groups-uneven'; readonly groupSize: number; readonly columns: number }
  | { readonly reason: 'columns-uneven'; readonly columns: number }
  | { readonly reason: 'rows-uneven'; readonly rows: number }

/**
 * Why a matrix (out, in) cannot lie in the GPTQ layout with these sizes, or null when it can: groups must divide the input columns, and
 * rows and columns of codes must fill 32-bit words.
 */
export function packedProblem(bits: number, groupSize: number, size: readonly number[]): PackedProblem | null {
  const [out = 0, columns = 0] = size
  if (columns % groupSize !== 0) return { reason: 'groups-uneven', groupSize, columns }
  if ((columns * bits) % 32 !== 0) return { reason: 'columns-uneven', columns }
  if (bits > 1 && (out * bits) % 32 !== 0) return { reason: 'rows-uneven', rows: out }
  return null
}

/**
 * The tensors of packed matrices, one entry of `places` each, in the layout of GPTQ: for module m of (out, in)
 *
 *   m.qweight  I32 (in * bits / 32, out)   codes along the input
 *   m.qzeros   I32 (groups, out * bits / 32)
 *   m.scales   F16 (groups, out)
 *   m.g_idx    I32 (in)                    group of each input column
 *
 * with 1 bit only `qweight` and `scales`. Throws RangeError naming the tensor when sizes do not divide or widths are not one per matrix.
 */
export function packedTensors(form: PackedForm, places: readonly TensorPlace[]): TensorEntry[] {
  if (form.bits.length !== places.length)
    throw new RangeError(`${places[0]?.name ?? ''}: ${form.bits.length} widths for ${places.length} matrices`)
  return places.flatMap((place, i) => {
    const bits = form.bits[i] ?? 0
    const problem = packedProblem(bits, form.groupSize, place.shape)
    if (problem !== null) throw new RangeError(reasonText({ ...problem, role: place.name, width: bits }))
    const [out = 0, columns = 0] = place.shape
    const groups = columns / form.groupSize
    const module = moduleName(place)
    const entry = (part: string, dtype: TensorEntry['dtype'], shape: readonly number[]): TensorEntry => ({
      name: `${module}.${part}`,
      dtype,
      shape,
      expert: place.expert,
    })
    const codes = entry('qweight', 'I32', [(columns * bits) / 32, out])
    const scales = entry('scales', 'F16', [groups, out])
    if (bits === 1) return [codes, scales]
    return [codes, entry('qzeros', 'I32', [groups, (out * bits) / 32]), scales, entry('g_idx', 'I32', [columns])]
  })
}
