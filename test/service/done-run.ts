import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Plan } from '../../src-main/contract/plan.ts'
import type { Recipe } from '../../src-main/contract/recipe.ts'
import type { Report } from '../../src-main/contract/report.ts'
import { changeRun, createRun, setState } from '../../src-main/store/runs.ts'
import type { Store } from '../../src-main/store/store.ts'
import { plan, recipe, report, temporaryFolder } from '../store/example.ts'
import { DEMO_MODEL } from './example-service.ts'

/** A finished run of the demo model whose file holds `content`. */
export function doneRun(
  store: Store,
  content: string | Uint8Array = 'a file',
  changes: { recipe?: Partial<Recipe>; plan?: Partial<Plan>; report?: Partial<Report>; name?: string } = {},
) {
  const path = join(temporaryFolder(), changes.name ?? 'tiny.gguf')
  writeFileSync(path, content)
  const own = recipe({ modelPath: DEMO_MODEL, ...changes.recipe })
  const runId = createRun(store, own)
  const bytes = Buffer.byteLength(content)
  const sha256 = createHash('sha256').update(content).digest('hex')
  const made: Report = { ...report(path), file: { path, bytes, sha256 }, format: 'gguf', ...changes.report }
  changeRun(store, runId, { plan: { ...plan, bytes, ...changes.plan }, report: made, outPath: path, stage: 'report' })
  setState(store, runId, 'done', null)
  return { runId, path, report: made }
}
