/** The wizard's steps, one decision each; their titles are the `title` of the message area of the same name. */
export const STEPS = ['model', 'goal', 'use', 'method', 'check', 'run', 'result', 'export'] as const

export type Step = (typeof STEPS)[number]

/** Goes to a step. */
export type StepTarget = () => void
