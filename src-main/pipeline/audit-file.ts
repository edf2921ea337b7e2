import { importanceFor } from '../calibration/importance.ts'
import { sourcesOf } from '../calibration/stored-tensors.ts'
import type { ModelStatistics } from '../calibration/statistics.ts'
import type { FormatName } from '../contract/recipe.ts'
import type { TensorAudit } from '../contract/report.ts'
import type { MoeModel } from '../model/moe-model.ts'
import { auditTensor } from '../report/audit.ts'
import { rowCount } from '../tensor/pieces.ts'
import type { LazyTensor } from '../tensor/tensor.ts'
import type { Source } from './source.ts'

/**
 * The error of every written tensor (every expert's own matrix in a folder), read back and weighted by the calibration statistics. Throws
 * the signal's reason.
 */
export async function auditFile(
  source: Source,
  written: MoeModel,
  format: FormatName,
  statistics: ModelStatistics,
  signal: AbortSignal,
): Promise<TensorAudit[]> {
  const isStackedFile = format === 'gguf'
  const rows: TensorAudit[] = []
  for (const tensor of source.tensors) {
    signal.throwIfAborted()
    const sources = sourcesOf(source.model, tensor)
    const importance = sources.map((_, expert) => (tensor.keptInF32 ? null : importanceFor(statistics, tensor, expert)))
    const { layer, role } = tensor
    const found = sourcesOf(written, tensor)
    if (isStackedFile) rows.push(await auditTensor({ layer, role, sources, importance, written: stacked(tensor.name, found) }))
    else for (const pair of perExpert(sources, importance, found)) rows.push(await auditTensor({ layer, role, ...pair }))
  }
  return rows
}

/** One pair per matrix, with its expert's number where there are several. */
function perExpert(sources: readonly LazyTensor[], importance: readonly (Float32Array | null)[], written: readonly LazyTensor[]) {
  return sources.map((source, expert) => {
    const found = written[expert]
    if (found === undefined) throw new RangeError(`${source.name} was not written`)
    return { sources: [source], importance: [importance[expert] ?? null], written: found, ...(sources.length === 1 ? {} : { expert }) }
  })
}

/** Slices of a stacked tensor seen as the one tensor they were cut from: rows one after the other. */
function stacked(name: string, slices: readonly LazyTensor[]): LazyTensor {
  const [first] = slices
  if (first === undefined) throw new RangeError(`${name} has no slices`)
  const rows = rowCount(first)
  return {
    ...first,
    name,
    shape: slices.length === 1 ? first.shape : [slices.length, ...first.shape],
    bytes: slices.reduce((sum, slice) => sum + slice.bytes, 0),
    read: () => {
      throw new RangeError(`${name} is read by rows`)
    },
    readRows: async (start, count) => {
      const slice = slices[Math.floor(start / rows)]
      if (slice === undefined) throw new RangeError(`${name} has no row ${start}`)
      return slice.readRows(start % rows, count)
    },
  }
}
