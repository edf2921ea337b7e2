import type * as z from 'zod'
import type { ErrorTable } from '../calibration/error-table.ts'
import type { StoredTensor } from '../calibration/stored-tensors.ts'
import type { Plan } from '../contract/plan.ts'

/** What calibration must have measured before a method can plan or encode. */
export type StatisticKind = 'importance' | 'encode-errors'

/** All a method may look at when it plans. Nothing here reads a weight. */
export interface PlanInput {
  /** Every tensor of the file to be, in written order. */
  readonly tensors: readonly StoredTensor[]
  readonly errors: ErrorTable
  /** Largest file allowed. */
  readonly budgetBytes: number
  readonly originalBytes: number
  /** Bytes before the first tensor's data, padding included; does not depend on the types chosen. */
  readonly headerBytes: number
  /** Every tensor's data is padded to a multiple of this. */
  readonly alignment: number
  /** Settings by the method's own schema, not yet checked. */
  readonly parameters: Readonly<Record<string, unknown>>
  readonly seed: number
}

/** The smallest and largest file a method can make. */
export interface SizeRange {
  readonly smallestBytes: number
  readonly largestBytes: number
}

/** What a method needs to know to tell how small and large a file it can make. */
export type SizeInput = Pick<PlanInput, 'tensors' | 'headerBytes' | 'alignment' | 'parameters'>

/** One way to shrink a model. The wizard's form, the CLI's flags and the docs are derived from `parameters`. */
export interface Method {
  readonly id: string
  readonly title: string
  readonly family: 'quantize' | 'factor' | 'prune' | 'merge' | 'compensate'
  /** One sentence for people. */
  readonly summary: string
  /** Where the idea comes from. */
  readonly paper: string
  /** Schema of the settings; every setting has a default and a description. */
  readonly parameters: z.ZodObject
  readonly needs: readonly StatisticKind[]
  /** Form of the layers afterwards. */
  readonly makes: 'dense'
  /** Spends the budget. Pure: equal inputs give equal plans. Throws ExpectedError 'budget-too-small' with `smallestBytes`, 'request-invalid' on bad parameters. */
  plan(input: PlanInput): Plan
  /** Throws ExpectedError 'request-invalid' on bad parameters. */
  sizeRange(input: SizeInput): SizeRange
}
