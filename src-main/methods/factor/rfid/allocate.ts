import { EXPERT_ROLES } from '../../../architectures/parts.ts'
import type { ExpertRole } from '../../../architectures/parts.ts'
import { greedyChoice } from '../../../allocation/greedy-choice.ts'
import type { LayerForm, ModelForm } from '../../../contract/form.ts'
import { layerStatistics } from '../../../calibration/layer-statistics.ts'
import { keepsLimit, plainExpertParameters } from '../../limit.ts'
import type { FormPlanInput, ModelOutline } from '../../method.ts'
import { bytesOfForm } from '../../limit.ts'
import { assertReachable, expertSize, formOfLayers, largestThat } from '../plan/bound.ts'
import type { Bound } from '../plan/bound.ts'
import { membersOf } from './candidates.ts'
import { formOfChoice, leftShare, optionsOf, residualBytes } from './options.ts'
import type { Option, ProjectionSize } from './options.ts'
import type { RankCandidate, RankChoice, Measured, RfidSettings } from './settings.ts'

/** What every projection becomes, by layer and role. */
export type RankAllocation = readonly Readonly<Record<ExpertRole, Option>>[]

/** One projection of one layer, with its options by falling error, sizes rising. */
interface Item {
  readonly layer: number
  readonly role: ExpertRole
  readonly options: readonly Option[]
  /** Errors are compared as parts of the residual stream's power. */
  readonly scale: number
}

export const projectionSize = ({ shape }: ModelOutline, role: ExpertRole): ProjectionSize => {
  const [rows, columns] = expertSize(role, shape)
  return { experts: shape.experts, rows, columns }
}

/** Ranks spent where they lower the error most per byte, over all layers and projections at once; exact within the bound. */
export function allocateGreedily(
  input: FormPlanInput,
  measured: readonly Measured[],
  bound: Bound,
  settings: RfidSettings,
): RankAllocation {
  const { outline } = input
  const items = itemsOf(input, measured, settings)
  const fits = (allocation: RankAllocation): boolean =>
    keepsLimit(outline, formOfAllocation(outline, allocation, settings, input.seed), bound)
  const smallest = smallestAllocation(outline, items)
  let capacity = capacityOf(outline, bound, formOfAllocation(outline, smallest, settings, input.seed), sizeOf(smallest))
  for (;;) {
    const picks = greedyChoice({
      choices: items.map(({ options, scale }) => options.map(({ cost, size }) => ({ cost: cost * scale, size }))),
      capacity,
      atLeast: [],
    })
    if (picks === null) return smallest
    const allocation = allocationOf(outline, items, (item, index) => item.options[picks[index] ?? 0] as Option)
    if (fits(allocation)) return allocation
    // Headers are a little longer where numbers have more digits.
    const over =
      bound.kind === 'bytes' ? bytesOfForm(outline, formOfAllocation(outline, allocation, settings, input.seed)) - bound.bytes : 0
    capacity = Math.min(capacity, sizeOf(allocation)) - Math.max(1, over)
  }
}

/** The cheapest option of every projection. */
export function smallestOf(input: FormPlanInput, measured: readonly Measured[], settings: RfidSettings): RankAllocation {
  return smallestAllocation(input.outline, itemsOf(input, measured, settings))
}

/**
 * Ranks in proportion to importance: r_g = rbar (I_g / mean I)^eta, the largest rbar that fits, with the grouping that loses least at half
 * of its ranks. `I_g` is the sum over the group, as a group of many experts serves many.
 */
export function allocateProportionally(
  input: FormPlanInput,
  measured: readonly Measured[],
  bound: Bound,
  settings: RfidSettings,
): RankAllocation {
  const { outline } = input
  const at = (step: number): RankAllocation =>
    measured.map(({ roles, importance }) =>
      byRole((role) => {
        const candidate = (roles[role] ?? []).reduce((best, one) => (middleError(one) < middleError(best) ? one : best))
        return proportionalChoice(projectionSize(outline, role), candidate, importance, (step * settings.rankMultiple) / 8, settings)
      }),
    )
  const fits = (step: number): boolean => keepsLimit(outline, formOfAllocation(outline, at(step), settings, input.seed), bound)
  assertReachable(outline, formOfAllocation(outline, at(0), settings, input.seed), bound)
  return at(largestThat(0, 8 * Math.ceil((4 * Math.max(outline.shape.hidden, outline.shape.expertWidth)) / settings.rankMultiple), fits))
}

const middleError = ({ tails }: RankCandidate): number => tails.reduce((sum, tail) => sum + (tail[Math.floor(tail.length / 2)] ?? 0), 0)

function proportionalChoice(
  size: ProjectionSize,
  candidate: RankCandidate,
  importance: readonly number[],
  mean: number,
  settings: RfidSettings,
): RankChoice {
  const ranks = proportionalRanks(candidate, importance, mean, settings.eta)
  const members = membersOf(candidate.groups)
  const [rows, columns] = candidate.transposed ? [size.columns, size.rows] : [size.rows, size.columns]
  const bytes = ranks.reduce((sum, rank, group) => sum + 2 * rank * ((members[group]?.length ?? 0) * rows + columns), 0)
  const share = settings.residualShare === 'auto' || settings.residual === 'none' ? 0 : settings.residualShare
  const width = Math.min(
    columns,
    Math.floor((bytes * share) / (1 - share) / Math.max(1, residualBytes(size, candidate.transposed, 1, settings))),
  )
  const error = ranks.reduce((sum, rank, group) => sum + (candidate.tails[group]?.[rank / candidate.unit] ?? 0), 0)
  return {
    candidate,
    ranks,
    width,
    cost: error * leftShare(candidate, ranks, width),
    size: bytes + residualBytes(size, candidate.transposed, width, settings),
  }
}

/** r_g = clamp(unit, largest, round(mean (I_g / mean I)^eta)) in whole units. */
export function proportionalRanks(
  { groups, tails, unit }: Pick<RankCandidate, 'groups' | 'tails' | 'unit'>,
  importance: readonly number[],
  mean: number,
  eta: number,
): number[] {
  const ofGroup = membersOf(groups).map((members) => members.reduce((sum, expert) => sum + (importance[expert] ?? 0), 0))
  const average = ofGroup.reduce((sum, value) => sum + value, 0) / ofGroup.length
  return ofGroup.map((value, group) => {
    const wanted = Math.round((mean * (value / average) ** eta) / unit)
    return unit * Math.min(Math.max(1, (tails[group]?.length ?? 1) - 1), Math.max(1, wanted))
  })
}

function itemsOf(input: FormPlanInput, measured: readonly Measured[], settings: RfidSettings): Item[] {
  return measured.flatMap(({ roles }, layer) => {
    const { residualPower } = layerStatistics(input.statistics, layer)
    return EXPERT_ROLES.map((role) => ({
      layer,
      role,
      options: optionsOf(projectionSize(input.outline, role), roles[role] ?? [], settings),
      scale: residualPower > 0 ? 1 / (residualPower * Math.max(1, input.statistics.tokens)) : 1,
    }))
  })
}

function allocationOf(outline: ModelOutline, items: readonly Item[], pick: (item: Item, index: number) => Option): RankAllocation {
  const picked = new Map(items.map((item, index) => [`${item.layer} ${item.role}`, pick(item, index)]))
  // An item for each.
  return Array.from({ length: outline.shape.layers }, (_, layer) => byRole((role) => picked.get(`${layer} ${role}`) as Option))
}

const smallestAllocation = (outline: ModelOutline, items: readonly Item[]): RankAllocation =>
  allocationOf(outline, items, ({ options }) => options[0] as Option)
const byRole = (of: (role: ExpertRole) => Option): Record<ExpertRole, Option> => ({
  expertGate: of('expertGate'),
  expertUp: of('expertUp'),
  expertDown: of('expertDown'),
})
const sizeOf = (allocation: RankAllocation): number =>
  allocation.reduce((sum, layer) => sum + EXPERT_ROLES.reduce((own, role) => own + layer[role].size, 0), 0)

/** Bytes the experts may take: what the bound leaves beside everything else in the folder. */
function capacityOf(outline: ModelOutline, bound: Bound, smallest: ModelForm, smallestSize: number): number {
  if (bound.kind === 'expert-share') return Math.floor(2 * bound.kept * plainExpertParameters(outline) + 1e-6)
  return bound.bytes - bytesOfForm(outline, smallest) + smallestSize
}

/** @param seed of random signs, another for every projection */
export function formOfAllocation(outline: ModelOutline, allocation: RankAllocation, settings: RfidSettings, seed: number): ModelForm {
  return formOfLayers(
    allocation.map((options, layer): LayerForm =>
      Object.fromEntries(
        EXPERT_ROLES.flatMap((role, index) => {
          const option = options[role]
          const { rows, columns } = projectionSize(outline, role)
          if ('plain' in option) return []
          return [[role, formOfChoice(option, settings, option.candidate.transposed ? rows : columns, signSeed(seed, layer, index))]]
        }),
      ),
    ),
  )
}

/** A seed of its own for every projection. */
export const signSeed = (seed: number, layer: number, role: number): number => (seed * 65_537 + layer * 3 + role + 1) % 2 ** 31
