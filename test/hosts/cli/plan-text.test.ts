import { expect, test } from 'vitest'
import type { Plan, PlanCell } from '../../../src-main/contract/plan.ts'
import { planText, typesText } from '../../../src-main/hosts/cli/plan-text.ts'

const cell = (over: Partial<PlanCell>): PlanCell => ({
  layer: 0,
  expert: null,
  role: 'expertGate',
  tensor: 't',
  action: 'keep',
  detail: 'BF16',
  rank: null,
  weights: 100,
  bytes: 200,
  expectedError: null,
  note: null,
  ...over,
})
const plan = (cells: PlanCell[], over: Partial<Plan> = {}): Plan => ({
  version: 1,
  model: null,
  method: 'm',
  format: 'safetensors',
  parameters: {},
  budgetBytes: 900,
  originalBytes: 2000,
  bytes: 800,
  headerBytes: 8,
  weights: cells.reduce((sum, { weights }) => sum + weights, 0),
  bitsPerWeight: 3.2,
  expectedError: null,
  sensitivity: 'none',
  seed: 0,
  rounding: null,
  form: null,
  decisions: [],
  solver: null,
  notes: [],
  cells,
  ...over,
})

test('factors are one type with the range of their ranks, and what they share counts no weights', () => {
  const factored = [8, 24, 16].map((rank, expert) => cell({ expert, action: 'factor', detail: `rank ${rank}`, rank }))
  const shared = cell({ action: 'factor', detail: 'factors of rank 24', rank: 24, weights: 0 })
  expect(typesText(plan([...factored, shared, cell({ role: 'query' })]))).toBe('factors of rank 8 to 24 75 %, BF16 25 %')
  expect(typesText(plan([cell({ rank: 8, detail: 'rank 8' })]))).toBe('factors of rank 8 100 %')
})

test('codes have a mean width by weights, and the solver says how sure it is', () => {
  const form: Plan['form'] = { version: 1, layers: [{ expertGate: { kind: 'packed', groupSize: 32, bits: [1, 4] } }], pruning: null }
  const cells = [cell({ expert: 0, detail: '1 bit', weights: 300 }), cell({ expert: 1, detail: '4 bits' }), cell({ role: 'query' })]
  const text = planText(plan(cells, { form, solver: { gap: 0.0004, proven: false, seconds: 60.2 }, notes: [{ note: 'mobe-ranks' }] }))
  expect(text).toContain("Bits/weight    3.200; the experts' codes 1.750")
  expect(text).toContain('Solver         within 0.040 % of the best possible, stopped after 1 min 0 s')
  expect(text).toContain('Note           The limit asks for ranks below')
  expect(planText(plan(cells, { solver: { gap: 0, proven: true, seconds: 2 } }))).toMatch(
    /Bits\/weight {4}3\.200\n.*Solver {9}proven optimal, in 2 s/s,
  )
})
