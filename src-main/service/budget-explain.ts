import type { BudgetBreakdown } from '../contract/recipe.ts'
import type { PlanningQuestions } from '../pipeline/planning-questions.ts'
import type { Planning } from '../pipeline/planning-threads.ts'
import type { ServiceDependencies } from './dependencies.ts'
import { foldersOf } from './one-job.ts'

/** budget.explain: a budget in bytes with every part named, for one method and format. */
export function budgetExplain(
  dependencies: ServiceDependencies,
  request: PlanningQuestions['explain']['input'],
  planning: Planning,
): Promise<BudgetBreakdown> {
  return planning.ask('explain', request, foldersOf(dependencies))
}
