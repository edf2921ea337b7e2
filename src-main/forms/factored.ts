import type { TensorPlace } from '../architectures/tensor-list.ts'
import type { FactoredForm } from '../contract/form.ts'
import { groupName, moduleName } from './names.ts'
import type { TensorEntry } from './stored.ts'

/** (out, in) of the matrix a form stands for: the stored one, or its transpose. */
export function factoredSize(form: FactoredForm, size: readonly number[]): readonly [number, number] {
  const [out = 0, columns = 0] = size
  return form.transposed ? [columns, out] : [out, columns]
}

/** Rank of an expert's product A_e f(M_e). */
export function rankOf(form: FactoredForm, expert: number): number {
  return form.ranks[form.basisOf?.[expert] ?? 0] ?? 0
}

/**
 * The tensors of a factored projection, shared ones first. With g = `groupName`, m = `moduleName` and sizes of the (transposed) matrix:
 *
 *   g.basis.J  F16 (r_j, in)          g.mix      F32 (experts, bases)     g.shared  F16 (out, in)
 *   g.columns  I32 (columns)          g.left.K   F16 (out, r) where left factors are shared
 *   m.left     F16 (out, r) where they are not
 *   m.correction  F16 (out, q), or I8 with m.correction_scale F16 (out): one scale a row
 *
 * Empty tensors (rank 0) are left out. Throws RangeError naming the projection when the form does not fit the places.
 */
export function factoredTensors(form: FactoredForm, places: readonly TensorPlace[]): TensorEntry[] {
  const [first] = places
  if (first === undefined) return []
  const [out, columns] = factoredSize(form, first.shape)
  const problem = factoredProblem(form, places.length, columns)
  if (problem !== null) throw new RangeError(`${groupName(first)}: ${problem}`)
  return [
    ...sharedTensors(form, groupName(first), places.length, [out, columns]),
    ...places.flatMap((place, i) => ownTensors(form, place, i, out)),
  ]
}

function sharedTensors(form: FactoredForm, group: string, experts: number, [out, columns]: readonly [number, number]): TensorEntry[] {
  const entries: TensorEntry[] = []
  const add = (part: string, dtype: TensorEntry['dtype'], shape: readonly number[]) => {
    if (!shape.includes(0)) entries.push({ name: `${group}.${part}`, dtype, shape, expert: null })
  }
  form.ranks.forEach((rank, j) => {
    add(`basis.${j}`, 'F16', [rank, columns])
  })
  if (form.basisOf === null && form.ranks[0] !== 0) add('mix', 'F32', [experts, form.ranks.length])
  if (form.shared) add('shared', 'F16', [out, columns])
  if (form.residual?.kind === 'columns') add('columns', 'I32', [form.residual.columns])
  for (const [left, expert] of firstUsers(form)) add(`left.${left}`, 'F16', [out, rankOf(form, expert)])
  return entries
}

function ownTensors(form: FactoredForm, place: TensorPlace, index: number, out: number): TensorEntry[] {
  const entries: TensorEntry[] = []
  const add = (part: string, dtype: TensorEntry['dtype'], shape: readonly number[]) => {
    entries.push({ name: `${moduleName(place)}.${part}`, dtype, shape, expert: place.expert })
  }
  const rank = rankOf(form, index)
  if (form.leftOf === null && rank > 0) add('left', 'F16', [out, rank])
  const kept = residualWidth(form)
  if (form.residual !== null && kept > 0) {
    add('correction', form.residual.bits === 8 ? 'I8' : 'F16', [out, kept])
    if (form.residual.bits === 8) add('correction_scale', 'F16', [out])
  }
  return entries
}

/** q: columns of a correction C_e; 0 without a residual. */
export function residualWidth(form: FactoredForm): number {
  if (form.residual === null) return 0
  return form.residual.kind === 'columns' ? form.residual.columns : form.residual.rows
}

/** Each shared left factor with the first expert that uses it, in the order of the factors. */
export function firstUsers(form: FactoredForm): (readonly [left: number, expert: number])[] {
  const users = new Map<number, number>()
  form.leftOf?.forEach((left, expert) => {
    if (!users.has(left)) users.set(left, expert)
  })
  return [...users].sort((a, b) => a[0] - b[0])
}

/** Why a form does not fit `experts` matrices of `columns` input columns, or null. */
export function factoredProblem(form: FactoredForm, experts: number, columns: number): string | null {
  const { ranks, basisOf, leftOf, residual } = form
  if (basisOf === null && ranks.some((rank) => rank !== ranks[0])) return 'mixed bases have different ranks'
  if (basisOf !== null && basisOf.length !== experts) return `${basisOf.length} bases named for ${experts} matrices`
  if (basisOf?.some((basis) => basis >= ranks.length) === true) return `a basis that is not among the ${ranks.length}`
  if (leftOf !== null && leftOf.length !== experts) return `${leftOf.length} left factors named for ${experts} matrices`
  const users = firstUsers(form)
  if (users.some(([left], i) => left !== i)) return 'left factors are not numbered from 0 without gaps'
  if (leftOf?.some((left, expert) => rankOf(form, expert) !== rankOf(form, users[left]?.[1] ?? 0)) === true)
    return 'a left factor shared across ranks'
  if (residual?.kind === 'columns' && residual.columns > columns) return `${residual.columns} columns kept of ${columns}`
  if (residual?.kind === 'signs' && residual.nonzeros > columns) return `${residual.nonzeros} nonzeros in a row of ${columns}`
  return null
}
