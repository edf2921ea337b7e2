import { noteText } from '../../contract/notes.ts'
import type { Plan, PlanCell } from '../../contract/plan.ts'
import { durationText, sizeText } from './numbers.ts'

/** How many weights are stored as each type, most first: "Q4_K 71 %, Q6_K 20 %". Factors are one type, with the range of their ranks. */
export function typesText(plan: Plan): string {
  const ranks = ranksText(plan.cells)
  const weights = new Map<string, number>()
  for (const cell of plan.cells) {
    const type = cell.rank === null ? cell.detail : ranks
    if (cell.weights > 0) weights.set(type, (weights.get(type) ?? 0) + cell.weights)
  }
  return [...weights]
    .sort((a, b) => b[1] - a[1])
    .map(([type, count]) => `${type} ${((count / plan.weights) * 100).toFixed(count / plan.weights < 0.1 ? 1 : 0)} %`)
    .join(', ')
}

function ranksText(cells: readonly PlanCell[]): string {
  const ranks = cells.flatMap(({ rank }) => (rank === null ? [] : [rank]))
  const [low, high] = [ranks.reduce((a, b) => Math.min(a, b), Infinity), ranks.reduce((a, b) => Math.max(a, b), 0)]
  return low >= high ? `factors of rank ${high}` : `factors of rank ${low} to ${high}`
}

/** Mean code width of the experts, scales not counted; null where no expert is packed. */
function expertBits({ cells, form }: Plan): number | null {
  let [bits, weights] = [0, 0]
  for (const { layer, expert, role, weights: own } of cells) {
    const packed = Object.entries((layer === null ? undefined : form?.layers[layer]) ?? {}).find(([key]) => key === role)?.[1]
    const width = packed?.kind === 'packed' && expert !== null ? (packed.bits[expert] ?? packed.bits[0]) : undefined
    if (width === undefined) continue
    bits += width * own
    weights += own
  }
  return weights === 0 ? null : bits / weights
}

function solverText({ gap, proven, seconds }: NonNullable<Plan['solver']>): string {
  return proven
    ? `proven optimal, in ${durationText(seconds)}`
    : `within ${(gap * 100).toPrecision(2)} % of the best possible, stopped after ${durationText(seconds)}`
}

/** The plan in a few lines: what it costs and what it promises. */
export function planText(plan: Plan): string {
  const share = ((plan.bytes / plan.originalBytes) * 100).toFixed(1)
  const experts = expertBits(plan)
  return [
    `Size           ${sizeText(plan.originalBytes)} -> ${sizeText(plan.bytes)} (${share} %), ${plan.bytes} bytes of at most ${plan.budgetBytes}`,
    `Bits/weight    ${plan.bitsPerWeight.toFixed(3)}${experts === null ? '' : `; the experts' codes ${experts.toFixed(3)}`}`,
    `Types          ${typesText(plan)}`,
    `Expected loss  ${plan.expectedError === null ? 'not predicted by this method; the report measures it' : `${plan.expectedError.toPrecision(3)} nats per token (an estimate)`}`,
    ...(plan.solver === null ? [] : [`Solver         ${solverText(plan.solver)}`]),
    ...plan.notes.map((note) => `Note           ${noteText(note)}`),
  ].join('\n')
}
