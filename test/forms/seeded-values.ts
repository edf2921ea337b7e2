import type { TensorPlace } from '../../src-main/architectures/tensor-list.ts'
import type { FactoredForm, PackedForm, ProjectionForm } from '../../src-main/contract/form.ts'
import { factoredSize, firstUsers, rankOf, residualWidth } from '../../src-main/forms/factored.ts'
import type { FactoredMatrices, PackedMatrix, ProjectionValues } from '../../src-main/forms/values.ts'
import { narrowToF16Value, widenF16Value } from '../../src-main/tensor/convert.ts'
import { normalFrom, seededRandom } from '../../src-main/tensor/random.ts'

/** Values for a form, of about the size of real weights: activations neither grow nor vanish. Same seed, same values. */
export function seededValues(form: ProjectionForm, places: readonly TensorPlace[], seed: number): ProjectionValues {
  const [out = 0, columns = 0] = places[0]?.shape ?? []
  const random = seededRandom(seed)
  if (form.kind === 'factored') return { kind: 'factored', factors: seededFactors(form, places.length, [out, columns], normalFrom(random)) }
  return { kind: 'packed', matrices: places.map((_, i) => seededCodes(form, form.bits[i] ?? 4, [out, columns], random)) }
}

function seededCodes(
  { groupSize }: PackedForm,
  bits: number,
  [out, columns]: readonly [number, number],
  random: () => number,
): PackedMatrix {
  const levels = 2 ** bits
  const groups = (out * columns) / groupSize
  const middle = () => Math.min(levels - 1, Math.max(0, Math.round(levels / 2 + random() - 0.5)))
  const scale = 3 / (levels * Math.sqrt(columns))
  return {
    codes: Uint8Array.from({ length: out * columns }, () => Math.floor(random() * levels)),
    scales: Float32Array.from({ length: groups }, () => widenF16Value(narrowToF16Value(scale * (0.8 + 0.4 * random())))),
    zeros: Uint8Array.from({ length: bits === 1 ? 0 : groups }, middle),
  }
}

function seededFactors(form: FactoredForm, experts: number, size: readonly [number, number], normal: () => number): FactoredMatrices {
  const [out, columns] = factoredSize(form, size)
  const matrix = (rows: number, width: number, scale: number) => Float32Array.from({ length: rows * width }, () => scale * normal())
  const lefts = form.leftOf === null ? Array.from({ length: experts }, (_, expert) => expert) : firstUsers(form).map(([, expert]) => expert)
  const { residual } = form
  return {
    left: lefts.map((expert) => matrix(out, rankOf(form, expert), 1 / Math.sqrt(Math.max(rankOf(form, expert), 1)))),
    bases: form.ranks.map((rank) => matrix(rank, columns, 1 / Math.sqrt(columns))),
    mix: form.basisOf === null ? matrix(experts, form.ranks.length, 0.7) : null,
    shared: form.shared ? matrix(out, columns, 0.5 / Math.sqrt(columns)) : null,
    columns:
      residual?.kind === 'columns'
        ? Int32Array.from({ length: residual.columns }, (_, i) => Math.floor((i * columns) / residual.columns))
        : null,
    corrections: residual === null ? [] : Array.from({ length: experts }, () => matrix(out, residualWidth(form), 1 / Math.sqrt(columns))),
  }
}
