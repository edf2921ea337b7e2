import type { ModelSummary } from '../contract/model.ts'
import { rememberModel } from '../store/recent-models.ts'
import type { ServiceDependencies } from './dependencies.ts'
import { openModel } from './open-model.ts'

/** model.open: looks at a checkpoint folder without loading it. */
export async function modelOpen({ store, resources }: ServiceDependencies, { path }: { path: string }): Promise<ModelSummary> {
  const { summary } = await openModel(path, resources)
  rememberModel(store, summary.path, summary.name)
  return summary
}
