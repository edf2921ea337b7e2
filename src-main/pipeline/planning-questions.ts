import type { FoundModel } from '../contract/calls.ts'
import type { QualityCurve, TextPreview } from '../contract/curve.ts'
import type { ErrorShape } from '../contract/error-shape.ts'
import type { ModelSummary } from '../contract/model.ts'
import type { BudgetBreakdown, Recipe } from '../contract/recipe.ts'
import type { BudgetRequest } from './budget-of.ts'
import type { PlannedFit } from './fit.ts'
import type { ModelPlace } from './inspect-models.ts'
import type { JobFolders } from './job.ts'
import type { LearningCost } from './learning-cost.ts'

/** A model, and how it is opened. */
export type ModelChoice = Pick<Recipe, 'modelPath' | 'preTokenizer'>

/** What can be asked about models and recipes without a run, and what is answered. */
export interface PlanningQuestions {
  readonly open: { readonly input: ModelChoice; readonly answer: ModelSummary }
  readonly explain: { readonly input: BudgetRequest & ModelChoice; readonly answer: BudgetBreakdown }
  readonly find: { readonly input: readonly ModelPlace[]; readonly answer: FoundModel[] }
  readonly curve: { readonly input: Recipe; readonly answer: QualityCurve }
  readonly fits: { readonly input: Recipe; readonly answer: readonly PlannedFit[] }
  readonly cost: { readonly input: Recipe; readonly answer: LearningCost }
  readonly preview: { readonly input: Recipe; readonly answer: TextPreview }
}
export type PlanningKind = keyof PlanningQuestions

/** A question on its way to a thread. */
export type PlanningMessage = {
  readonly [K in PlanningKind]: { readonly kind: K; readonly input: PlanningQuestions[K]['input']; readonly folders: JobFolders }
}[PlanningKind]
export type PlanningAnswer = { readonly answer: PlanningQuestions[PlanningKind]['answer'] } | { readonly error: ErrorShape }
