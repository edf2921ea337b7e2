import type { GOAL as ENGLISH } from '../en/goal.ts'
import type { SameMessages } from '../same-messages.ts'

/** Messages of the goal page: how small the model must become, in German. */
export const GOAL: SameMessages<typeof ENGLISH> = {
  title: 'Ziel',
}
