import type { FactoredForm, ResidualForm } from '../../../contract/form.ts'
import { convexHull } from '../../../allocation/convex-hull.ts'
import { membersOf } from './candidates.ts'
import type { RankCandidate, RankChoice, RfidSettings } from './settings.ts'

/** Sizes of a projection: experts of (rows, columns) each, as it lies. */
export interface ProjectionSize {
  readonly experts: number
  readonly rows: number
  readonly columns: number
}

/** (rows, columns) as the factors see the matrix. */
const seenSize = ({ rows, columns }: ProjectionSize, transposed: boolean): readonly [number, number] =>
  transposed ? [columns, rows] : [rows, columns]

/** Bytes of a residual of width q: its own columns per expert (with a scale a row at 8 bits), and the numbers of the columns. */
export function residualBytes(size: ProjectionSize, transposed: boolean, width: number, settings: RfidSettings): number {
  if (width === 0) return 0
  const [rows] = seenSize(size, transposed)
  const own = settings.residualBits === 8 ? rows * width + 2 * rows : 2 * rows * width
  return size.experts * own + (settings.residual === 'columns' ? 4 * width : 0)
}

/** Bytes of one more unit of rank for a group of `members`. */
function unitBytes(size: ProjectionSize, { transposed, unit }: RankCandidate, members: number): number {
  const [rows, columns] = seenSize(size, transposed)
  return 2 * unit * (members * rows + columns)
}

/** The matrices as they are: nothing lost, nothing saved. */
export const PLAIN = 'plain'
export type Option = RankChoice | { readonly plain: typeof PLAIN; readonly cost: 0; readonly size: number }

/** Everything one projection of one layer can become that is on the lower convex hull of (bytes, error). */
export function optionsOf(size: ProjectionSize, candidates: readonly RankCandidate[], settings: RfidSettings): Option[] {
  const plainBytes = 2 * size.experts * size.rows * size.columns
  const factored = candidates.flatMap((candidate) => {
    const path = climb(size, candidate)
    return widthsOf(candidate, settings).flatMap((width) => withResidual(path, size, candidate, width, settings))
  })
  const all: Option[] = [...factored.filter((option) => option.size < plainBytes), { plain: PLAIN, cost: 0, size: plainBytes }]
  return convexHull(all.map((option) => ({ bytes: option.size, cost: option.cost }))).map(({ pick }) => all[pick] as Option)
}

/** Widths that are tried: those measured, or the ones a fixed share leads to are found along the path. */
function widthsOf({ residual }: RankCandidate, { residualShare }: RfidSettings): number[] {
  return residual === null || residualShare !== 'auto' ? [0] : [0, ...residual.widths]
}

/** Rungs of a path that are kept: 128 experts of their own have thousands. */
const RUNGS = 256

/** Ranks from one unit in every group upwards, each step where the error falls most per byte; at most 256 of the rungs, ends included. */
function climb(size: ProjectionSize, candidate: RankCandidate): { ranks: number[]; error: number; bytes: number }[] {
  const members = membersOf(candidate.groups)
  const { tails, unit } = candidate
  const hulls = tails.map((tail, group) =>
    convexHull(tail.slice(1).map((cost, step) => ({ bytes: (step + 1) * unitBytes(size, candidate, members[group]?.length ?? 0), cost }))),
  )
  const steps = hulls
    .flatMap((hull, group) =>
      hull.slice(1).map((to, index) => {
        const from = hull[index] ?? to
        return { group, rank: (to.pick + 1) * unit, bytes: to.bytes - from.bytes, drop: from.cost - to.cost }
      }),
    )
    .sort((a, b) => b.drop / b.bytes - a.drop / a.bytes || a.group - b.group || a.rank - b.rank)
  if (hulls.some((hull) => hull.length === 0)) return []
  let here = {
    ranks: hulls.map((hull) => ((hull[0]?.pick ?? 0) + 1) * unit),
    error: hulls.reduce((sum, hull) => sum + (hull[0]?.cost ?? 0), 0),
    bytes: hulls.reduce((sum, hull) => sum + (hull[0]?.bytes ?? 0), 0),
  }
  const path = [here]
  const ranks = [...here.ranks]
  for (const [index, { group, rank, bytes, drop }] of steps.entries()) {
    ranks[group] = rank
    here = { ranks: here.ranks, error: Math.max(0, here.error - drop), bytes: here.bytes + bytes }
    if ((steps.length - 1 - index) % Math.ceil(steps.length / RUNGS) === 0) path.push({ ...here, ranks: [...ranks] })
  }
  return path
}

/** The path with a residual on every rung: of the width given, or of the one that makes its share of the projection's bytes. */
function withResidual(
  path: ReturnType<typeof climb>,
  size: ProjectionSize,
  candidate: RankCandidate,
  width: number,
  settings: RfidSettings,
): RankChoice[] {
  const [, columns] = seenSize(size, candidate.transposed)
  return path.map(({ ranks, error, bytes }): RankChoice => {
    const q =
      settings.residualShare === 'auto' || candidate.residual === null
        ? width
        : widthOfShare(size, candidate.transposed, bytes, columns, settings)
    return {
      candidate,
      ranks,
      width: q,
      cost: error * leftShare(candidate, ranks, q),
      size: bytes + residualBytes(size, candidate.transposed, q, settings),
    }
  })
}

function widthOfShare(size: ProjectionSize, transposed: boolean, bytes: number, columns: number, settings: RfidSettings): number {
  const share = settings.residualShare === 'auto' ? 0 : settings.residualShare
  const wanted = (bytes * share) / (1 - share)
  return Math.min(columns, Math.floor(wanted / Math.max(1, residualBytes(size, transposed, 1, settings))))
}

/** Share of the error a residual of width q leaves, between the measured ranks and widths. */
export function leftShare({ residual, groups }: RankCandidate, ranks: readonly number[], width: number): number {
  if (residual === null || width === 0) return 1
  const mean = groups.reduce((sum, group) => sum + (ranks[group] ?? 0), 0) / groups.length
  const rows = residual.left.map((row) => between([0, ...residual.widths], [1, ...row], width))
  return between(residual.ranks, rows, mean)
}

/** Piecewise linear through (xs, ys), flat beyond its ends. */
function between(xs: readonly number[], ys: readonly number[], x: number): number {
  const above = xs.findIndex((known) => known >= x)
  if (above < 0) return ys.at(-1) ?? 1
  if (above === 0) return ys[0] ?? 1
  const [x0 = 0, x1 = 0, y0 = 1, y1 = 1] = [xs[above - 1], xs[above], ys[above - 1], ys[above]]
  return y0 + ((y1 - y0) * (x - x0)) / (x1 - x0)
}

/** The form of a choice. @param seed of random signs */
export function formOfChoice({ candidate, ranks, width }: RankChoice, settings: RfidSettings, columns: number, seed: number): FactoredForm {
  return {
    kind: 'factored',
    transposed: candidate.transposed,
    activation: 'none',
    ranks: [...ranks],
    basisOf: [...candidate.groups],
    leftOf: null,
    shared: false,
    residual: width === 0 ? null : residualForm(settings, width, columns, seed),
  }
}

/** P of width q for matrices of `columns` columns: sqrt(columns) nonzeros a row where it is random. */
export function residualForm({ residual, residualBits: bits }: RfidSettings, width: number, columns: number, seed: number): ResidualForm {
  if (residual === 'signs') return { kind: 'signs', rows: width, nonzeros: Math.max(1, Math.round(Math.sqrt(columns))), seed, bits }
  return { kind: 'columns', columns: width, bits }
}
