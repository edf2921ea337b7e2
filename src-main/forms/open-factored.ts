import type { TensorPlace } from '../architectures/tensor-list.ts'
import type { Matrix } from '../compute/matrix.ts'
import { ExpectedError } from '../contract/errors.ts'
import type { FactoredForm } from '../contract/form.ts'
import { assertOneArray } from '../tensor/pieces.ts'
import type { LazyTensor } from '../tensor/tensor.ts'
import { turned } from './encode-packed.ts'
import { factoredSize, factoredTensors, rankOf } from './factored.ts'
import { fromHalfBytes } from './half.ts'
import { groupName, moduleName } from './names.ts'
import { addProjected, residualProjection } from './sparse-projection.ts'
import type { SparseProjection } from './sparse-projection.ts'
import type { FindStored } from './stored.ts'

/** The product of two matrices: `MatrixMath.product`, or a plain loop where no session is at hand. */
export type Multiply = (a: Matrix, b: Matrix) => Promise<Matrix>

/** What the experts of a projection share, widened. */
export interface SharedFactors {
  readonly bases: readonly Float32Array[] // (r_j, in) each
  readonly mix: Float32Array | null
  readonly left: ReadonlyMap<number, Float32Array>
  readonly shared: Float32Array | null
  readonly projection: SparseProjection | null
}

/** Shared factors by projection: loaded once, and forgotten as soon as another layer's are asked for. */
export type KeptFactors = (layer: number, group: string, load: () => Promise<SharedFactors>) => Promise<SharedFactors>

/** Keeps the shared factors of one layer at a time. */
export function keepLatestLayer(): KeptFactors {
  let latest = -1
  const loaded = new Map<string, Promise<SharedFactors>>()
  return (layer, group, load) => {
    if (layer !== latest) loaded.clear()
    latest = layer
    const found = loaded.get(group)
    if (found !== undefined) return found
    const loading = load()
    loaded.set(group, loading)
    loading.catch(() => {
      if (loaded.get(group) === loading) loaded.delete(group)
    }) // a failed read is tried again; its caller hears of it
    return loading
  }
}

/** Factored matrices as dense ones, one per place, multiplied out when they are read. */
export function openFactored(
  form: FactoredForm,
  places: readonly TensorPlace[],
  find: FindStored,
  multiply: Multiply,
  kept: KeptFactors,
): LazyTensor[] {
  const [first] = places
  if (first === undefined) return []
  const entries = factoredTensors(form, places)
  const ofGroup = entries
    .filter((entry) => entry.name.startsWith(`${groupName(first)}.`))
    .reduce((sum, entry) => sum + find(entry.name).bytes, 0)
  const load = () => kept(first.layer ?? -1, groupName(first), () => loadShared(form, first, find))
  return places.map((place, i) => {
    const own = entries.filter(({ name }) => name.startsWith(`${moduleName(place)}.`)).reduce((sum, { name }) => sum + find(name).bytes, 0)
    const share = Math.floor(((i + 1) * ofGroup) / places.length) - Math.floor((i * ofGroup) / places.length)
    const [rows = 0, columns = 0] = place.shape
    const readRows = async (start: number, count: number) => {
      if (start < 0 || count < 0 || start + count > rows) throw new RangeError(`${place.name} has no rows ${start}+${count}`)
      const rebuild = (from: number, length: number) => rebuildRows({ form, place, index: i, find, multiply }, load, from, length)
      assertOneArray(place.name, (form.transposed ? rows : count) * columns)
      if (!form.transposed) return rebuild(start, count)
      const whole = turned(await rebuild(0, columns), columns, rows)
      return count === rows ? whole : whole.slice(start * columns, (start + count) * columns)
    }
    return {
      name: place.name,
      storage: 'F16',
      form: 'factored',
      shape: place.shape,
      bytes: own + share,
      read: () => readRows(0, rows),
      readRows,
    }
  })
}

async function loadShared(form: FactoredForm, first: TensorPlace, find: FindStored): Promise<SharedFactors> {
  const group = groupName(first)
  const [, columns] = factoredSize(form, first.shape)
  const half = async (part: string) => fromHalfBytes(await find(`${group}.${part}`).readBytes())
  const bases: Float32Array[] = []
  for (const [j, rank] of form.ranks.entries()) bases.push(rank === 0 ? new Float32Array(0) : await half(`basis.${j}`))
  const left = new Map<number, Float32Array>()
  for (const [expert, index] of form.leftOf?.entries() ?? []) {
    if (!left.has(index) && rankOf(form, expert) > 0) left.set(index, await half(`left.${index}`))
  }
  const mixes = form.basisOf === null && form.ranks[0] !== 0
  return {
    bases,
    left,
    mix: mixes ? new Float32Array((await find(`${group}.mix`).readBytes()).buffer) : null,
    shared: form.shared ? await half('shared') : null,
    projection:
      form.residual === null ? null : residualProjection(form.residual, columns, await selectedColumns(form, group, columns, find)),
  }
}

/** Throws ExpectedError 'config-invalid' when the folder names a column the matrix does not have. */
async function selectedColumns(form: FactoredForm, group: string, columns: number, find: FindStored): Promise<Int32Array | null> {
  if (form.residual?.kind !== 'columns') return null
  const selected = new Int32Array((await find(`${group}.columns`).readBytes()).buffer)
  if (selected.some((column) => column < 0 || column >= columns))
    throw new ExpectedError('config-invalid', { key: `${group}.columns`, reason: 'no-such-column' })
  return selected
}

interface Rebuilding {
  readonly form: FactoredForm
  readonly place: TensorPlace
  readonly index: number
  readonly find: FindStored
  readonly multiply: Multiply
}

/** Rows [start, start + count) of S + A f(M) + C P, as the factors have them (not turned back). */
async function rebuildRows(at: Rebuilding, load: () => Promise<SharedFactors>, start: number, count: number): Promise<Float32Array> {
  const { form, place, index, find, multiply } = at
  const group = await load()
  const [, columns] = factoredSize(form, place.shape)
  const rank = rankOf(form, index)
  const ownHalf = async (part: string) => fromHalfBytes(await find(`${moduleName(place)}.${part}`).readBytes())
  let rows: Float32Array = new Float32Array(count * columns)
  if (rank > 0) {
    const left = form.leftOf === null ? await ownHalf('left') : group.left.get(form.leftOf[index] ?? 0)
    if (left === undefined) throw new RangeError(`${place.name} has no left factor`)
    const wanted = { data: left.subarray(start * rank, (start + count) * rank), rows: count, columns: rank }
    rows = (await multiply(wanted, { data: basisOf(form, group, index), rows: rank, columns })).data
  }
  if (group.shared !== null) {
    const { shared } = group
    for (let i = 0; i < rows.length; i++) rows[i] = (rows[i] as number) + (shared[start * columns + i] as number)
  }
  if (group.projection !== null) {
    const correction = await readCorrection(at)
    const width = group.projection.rows
    addProjected(rows, correction.subarray(start * width, (start + count) * width), group.projection, columns)
  }
  return rows
}

/** f(M_e), M_e = sum_j alpha_ej B_j or the expert's own basis. */
function basisOf(form: FactoredForm, group: SharedFactors, expert: number): Float32Array {
  const basis = form.basisOf === null ? mixed(group, expert) : group.bases[form.basisOf[expert] ?? 0]
  if (basis === undefined) throw new RangeError(`no basis for expert ${expert}`)
  if (form.activation === 'none') return basis
  return basis.map(form.activation === 'tanh' ? Math.tanh : (value) => value / (1 + Math.exp(-value)))
}

function mixed({ bases, mix }: SharedFactors, expert: number): Float32Array {
  const sum = new Float32Array(bases[0]?.length ?? 0)
  bases.forEach((basis, j) => {
    const weight = mix?.[expert * bases.length + j] ?? 0
    if (weight === 0) return
    for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] as number) + weight * (basis[i] as number)
  })
  return sum
}

async function readCorrection({ form, place, find }: Rebuilding): Promise<Float32Array> {
  const bytes = await find(`${moduleName(place)}.correction`).readBytes()
  if (form.residual?.bits !== 8) return fromHalfBytes(bytes)
  const scales = fromHalfBytes(await find(`${moduleName(place)}.correction_scale`).readBytes())
  const codes = new Int8Array(bytes.buffer)
  const width = codes.length / scales.length
  return Float32Array.from(codes, (code, i) => code * (scales[Math.floor(i / width)] as number))
}
