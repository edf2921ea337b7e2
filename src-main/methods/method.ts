import type * as z from 'zod'
import type { Architecture, ModelShape } from '../architectures/architecture.ts'
import type { TensorPlace } from '../architectures/tensor-list.ts'
import type { ChoiceSolver } from '../allocation/integer-program.ts'
import type { ErrorTable } from '../calibration/error-table.ts'
import type { LayerAtHand } from '../calibration/layer-at-hand.ts'
import type { ModelStatistics } from '../calibration/statistics.ts'
import type { StoredTensor } from '../calibration/stored-tensors.ts'
import type { LayerForm, ModelForm } from '../contract/form.ts'
import type { Plan } from '../contract/plan.ts'
import type { FormatName } from '../contract/recipe.ts'
import type { StateBytes } from '../factors/mobe/state.ts'
import type { LayerValues } from '../forms/values.ts'
import type { Dtype } from '../tensor/dtype.ts'
import type { Limit } from './limit.ts'

/** What calibration must have measured before a method can plan or encode. */
export type StatisticKind = 'importance' | 'encode-errors'

/** What every plan is made from. Nothing here reads a weight. */
interface PlanBasics {
  /** Largest file allowed, and what else bounds the plan. */
  readonly limit: Limit
  readonly originalBytes: number
  /** What the method's own `measure` found, layer by layer; empty without one. */
  readonly measurements: readonly unknown[]
  readonly statistics: ModelStatistics
  /** Settings by the method's own schema, not yet checked. */
  readonly parameters: Readonly<Record<string, unknown>>
  readonly seed: number
  readonly solve: ChoiceSolver
}

/** What a plan for a GGUF file is made from. */
export interface PlanInput extends PlanBasics {
  /** Every tensor of the file to be, in written order. */
  readonly tensors: readonly StoredTensor[]
  readonly errors: ErrorTable
  /** Largest file allowed. */
  readonly budgetBytes: number
  /** Bytes before the first tensor's data, padding included; does not depend on the types chosen. */
  readonly headerBytes: number
  /** Every tensor's data is padded to a multiple of this. */
  readonly alignment: number
}

/** A checkpoint's tensors as an export must hold them. */
export interface ModelOutline {
  readonly architecture: Architecture
  readonly shape: ModelShape
  /** How the source stores one of its tensors. */
  dtypeOf(place: TensorPlace): Dtype
}

/** What a plan for a safetensors folder is made from. */
export interface FormPlanInput extends PlanBasics {
  readonly outline: ModelOutline
  readonly format: Exclude<FormatName, 'gguf'>
}

/** The smallest and largest file a method can make. */
export interface SizeRange {
  readonly smallestBytes: number
  readonly largestBytes: number
}

/** What a method needs to know to tell how small and large a file it can make. */
export type SizeInput = Pick<PlanInput, 'tensors' | 'headerBytes' | 'alignment' | 'parameters'>
export type FormSizeInput = Pick<FormPlanInput, 'outline' | 'format' | 'parameters'>

/** A look at every layer before the plan is made. */
export interface LayerLook {
  /** The settings the measurement depends on: equal keys share one. Plain JSON. */
  key(parameters: Readonly<Record<string, unknown>>): unknown
  /** Measures one layer. @returns plain JSON, given back to `plan` in layer order */
  run(layer: LayerAtHand, parameters: Readonly<Record<string, unknown>>, seed: number): Promise<unknown>
}

/** How a method makes a GGUF file: a type for every stored tensor. */
export interface BlockWay {
  readonly needs: readonly StatisticKind[]
  readonly measure: LayerLook | null
  /**
   * Spends the budget. Pure: equal inputs give equal plans. `rounding` of the plan says how the weights are rounded.
   * Throws ExpectedError 'budget-too-small' with `smallestBytes`, 'request-invalid' on bad parameters.
   */
  plan(input: PlanInput): Plan | Promise<Plan>
  /** Throws ExpectedError 'request-invalid' on bad parameters. */
  sizeRange(input: SizeInput): SizeRange
}

/** What `apply` is told besides the layer. */
export interface LayerTask {
  readonly form: LayerForm
  /** The plan's decision for this layer, by the method's own schema. */
  readonly decision: unknown
  readonly parameters: Readonly<Record<string, unknown>>
  readonly seed: number
  /** Share of the layer's work that is done, 0..1, rising. */
  onProgress(share: number): void
  /** One step of learning; see RunEvent 'learning'. */
  onLearning(step: { role: string; expert: number | null; step: number; error: number; flops: number }): void
  /** Where a long job on one projection keeps its state, so that a killed run goes on in the middle of a layer. */
  readonly checkpoints: LayerCheckpoints
}

/** States of unfinished projections, by a name the method chooses ('expertGate'). */
export interface LayerCheckpoints {
  /** The state of that name, to be read piece by piece; null when none is kept. */
  load(name: string): Promise<StateBytes | null>
  /** @param state its bytes in pieces, in order */
  save(name: string, state: Iterable<Uint8Array>): Promise<void>
}

/** How a method makes a safetensors folder: a form for every projection, then values for it, layer by layer. */
export interface FormWay {
  readonly makes: 'packed' | 'factored'
  readonly measure: LayerLook | null
  /** Spends the budget, through assembleFormPlan. Equal inputs give equal plans. Throws as BlockWay.plan. */
  plan(input: FormPlanInput): Promise<Plan>
  sizeRange(input: FormSizeInput): SizeRange
  /** The values of every projection the form names. The same layer, task and seed give the same values. */
  apply(layer: LayerAtHand, task: LayerTask): Promise<LayerValues>
  /**
   * Floating-point operations of `apply` over all layers, as far as shapes tell, and settings that need fewer; for methods that take long.
   */
  cost?(
    shape: ModelShape,
    calibrationTokens: number,
    form: ModelForm | null,
    parameters: Readonly<Record<string, unknown>>,
  ): { flops: number; faster: readonly Readonly<Record<string, unknown>>[] }
}

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
  /** Whether it is about routed experts, and looks at those of every layer: all must have some then. */
  readonly needsExperts: boolean
  /** What the `bits` of a budget average over. */
  readonly bitsOver: 'file' | 'experts'
  /** How it makes GGUF; null: it can't. */
  readonly blocks: BlockWay | null
  /** How it makes safetensors folders; null: it can't. */
  readonly forms: FormWay | null
}

/** Formats a method can write, its own default first. */
export function formatsOf(method: Pick<Method, 'blocks' | 'forms'>): FormatName[] {
  const folders: FormatName[] =
    method.forms === null
      ? []
      : method.forms.makes === 'packed'
        ? ['safetensors', 'safetensors-gptq', 'safetensors-dense']
        : ['safetensors', 'safetensors-dense']
  return method.blocks === null ? folders : ['gguf', ...folders]
}
