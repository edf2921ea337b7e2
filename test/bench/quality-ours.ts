import { readStatistics } from '../../src-main/calibration/statistics-file.ts'
import type { ModelStatistics } from '../../src-main/calibration/statistics.ts'
import type { Plan } from '../../src-main/contract/plan.ts'
import { Recipe } from '../../src-main/contract/recipe.ts'
import { compress } from '../../src-main/pipeline/compress.ts'
import { EncodePool } from '../../src-main/pipeline/encode-pool.ts'
import type { JobFolders } from '../../src-main/pipeline/job.ts'
import { runJob } from '../../src-main/pipeline/run-job.ts'
import { openTools } from '../../src-main/pipeline/tools.ts'
import { writeF32Gguf } from '../fixtures/f32-gguf.ts'

/** Our side of the duel: one model, one calibration text, files of any size. */
export interface Ours {
  readonly recipe: Recipe
  readonly folders: JobFolders
}

/** Calibrates (or reuses it) and plans for `bytes`. */
export async function planFor(ours: Ours, bytes: number): Promise<{ plan: Plan; statistics: ModelStatistics }> {
  const recipe = Recipe.parse({ ...ours.recipe, budget: { kind: 'size', bytes } })
  let plan: Plan | null = null
  let path: string | null = null
  for await (const event of runJob({ kind: 'prepare', recipe, folders: ours.folders, stopAfter: 'plan' }, new AbortController().signal)) {
    if (event.kind === 'calibrated') path = event.path
    if (event.kind === 'planned') plan = event.plan
  }
  if (plan === null || path === null) throw new Error('the run ended without a plan')
  return { plan, statistics: await readStatistics(path) }
}

/** Writes the file a plan describes. */
export async function writePlan(ours: Ours, plan: Plan, statistics: ModelStatistics, outPath: string): Promise<void> {
  const tools = await openTools(ours)
  const pool = new EncodePool(tools.kernels, tools.threads)
  try {
    await compress({
      source: tools.source,
      statistics,
      plan,
      outPath,
      overwrite: true,
      ownsPartial: true,
      journal: [],
      pool,
      layersFrom: null,
      signal: new AbortController().signal,
      onLayer: () => undefined,
      onProgress: () => undefined,
    })
  } finally {
    await pool.close()
    await tools.close()
  }
}

/** Writes the original as an F32 GGUF file: what both sides start from and are compared with. */
export async function writeOriginal(ours: Ours, outPath: string): Promise<void> {
  const { source, close } = await openTools(ours)
  try {
    await writeF32Gguf(outPath, source.model, source.tokenizerKeys)
  } finally {
    await close()
  }
}

/**
 * llama.cpp's importance matrix from our statistics, by its own definition: sum x^2 / count of each column, per expert; ones where nothing
 * was seen.
 */
export function llamaImportance(statistics: ModelStatistics): Map<string, Float32Array> {
  const matrix = new Map<string, Float32Array>()
  for (const { layer, tokens, attentionInput, attentionOutputInput, experts } of statistics.layers) {
    const dense = (sums: Float64Array): Float32Array => Float32Array.from(sums, (sum) => sum / tokens)
    const perExpert = (sums: Float64Array): Float32Array => {
      const columns = sums.length / experts.tokens.length
      return Float32Array.from(sums, (sum, at) => {
        const count = experts.tokens[Math.floor(at / columns)] as number
        return count === 0 ? 1 : sum / count
      })
    }
    for (const name of ['attn_q', 'attn_k', 'attn_v']) matrix.set(`blk.${layer}.${name}.weight`, dense(attentionInput))
    matrix.set(`blk.${layer}.attn_output.weight`, dense(attentionOutputInput))
    for (const name of ['ffn_gate_exps', 'ffn_up_exps']) matrix.set(`blk.${layer}.${name}.weight`, perExpert(experts.input))
    matrix.set(`blk.${layer}.ffn_down_exps.weight`, perExpert(experts.downInput))
  }
  return matrix
}
