import type { Plan } from '../../contract/plan.ts'
import { sizeText } from './numbers.ts'

/** How many weights are stored as each type, most first: "Q4_K 71 %, Q6_K 20 %". */
export function typesText(plan: Plan): string {
  const weights = new Map<string, number>()
  for (const cell of plan.cells) weights.set(cell.detail, (weights.get(cell.detail) ?? 0) + cell.weights)
  return [...weights].sort((a, b) => b[1] - a[1])
    .map(([type, count]) => `${type} ${((count / plan.weights) * 100).toFixed(count / plan.weights < 0.1 ? 1 : 0)} %`).join(', ')
}

/** The plan in a few lines: what it costs and what it promises. */
export function planText(plan: Plan): string {
  const share = ((plan.bytes / plan.originalBytes) * 100).toFixed(1)
  return [
    `Size           ${sizeText(plan.originalBytes)} -> ${sizeText(plan.bytes)} (${share} %), ${plan.bytes} bytes of at most ${plan.budgetBytes}`,
    `Bits/weight    ${plan.bitsPerWeight.toFixed(3)}`,
    `Types          ${typesText(plan)}`,
    `Expected loss  ${plan.expectedError === null ? 'not predicted by this method; the report measures it' : `${plan.expectedError.toPrecision(3)} nats per token (an estimate)`}`,
    ...(plan.notes ?? []).map((note) => `Note           ${note}`),
  ].join('\n')
}
