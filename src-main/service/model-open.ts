import type { ModelSummary } from '../contract/model.ts'
import type { Planning } from '../pipeline/planning-threads.ts'
import { rememberModel } from '../store/recent-models.ts'
import type { ServiceDependencies } from './dependencies.ts'
import { foldersOf } from './one-job.ts'

/** model.open: looks at a checkpoint folder without loading it. @throws ExpectedError with an 'open' code of contract/errors.ts */
export async function modelOpen(
  dependencies: ServiceDependencies,
  { path, preTokenizer }: { path: string; preTokenizer: string | null },
  planning: Planning,
): Promise<ModelSummary> {
  const summary = await planning.ask('open', { modelPath: path, preTokenizer }, foldersOf(dependencies))
  rememberModel(dependencies.store, summary.path, summary.name)
  return summary
}
