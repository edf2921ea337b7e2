/** The wizard's five steps, one decision each. */
export const STEPS = [
  { id: 'model', title: 'Model' },
  { id: 'budget', title: 'Budget' },
  { id: 'method', title: 'Method & plan' },
  { id: 'run', title: 'Run' },
  { id: 'result', title: 'Result' },
] as const

export type Step = (typeof STEPS)[number]['id']

/** Goes to a step. */
export type StepTarget = () => void
