import { computeBufferBytes } from '../allocation/compute-buffer.ts'
import { kvCacheBytes } from '../allocation/kv-cache.ts'
import type { MemoryUse } from '../contract/curve.ts'
import { ExpectedError } from '../contract/errors.ts'
import type { ModelSummary } from '../contract/model.ts'
import { readRun } from '../store/runs.ts'
import type { ServiceDependencies } from './dependencies.ts'

/** Context lengths people ask about. */
const CONTEXTS = [4096, 16384, 32768]

/**
 * run.memory: what a run's finished model takes of a card, by the length of the context.
 * @throws ExpectedError 'run-not-found', 'request-invalid' for a run that has no finished model
 */
export function runMemory({ store }: ServiceDependencies, { runId }: { runId: string }): MemoryUse[] {
  const { model, report } = readRun(store, runId)
  if (model === null || report === null) {
    throw new ExpectedError('request-invalid', { call: 'run.memory', runId, reason: 'no-model-yet' })
  }
  return contextsOf(model).map((contextTokens) => {
    const parts = {
      weightsBytes: report.file.bytes,
      kvCacheBytes: kvCacheBytes(model, contextTokens),
      computeBytes: computeBufferBytes(model, contextTokens),
    }
    return { contextTokens, ...parts, totalBytes: parts.weightsBytes + parts.kvCacheBytes + parts.computeBytes }
  })
}

/** No longer than the model reads; a model that reads less than the shortest is told at its own length. */
function contextsOf({ contextLength }: ModelSummary): number[] {
  const within = CONTEXTS.filter((tokens) => tokens <= contextLength)
  return within.length > 0 ? within : [contextLength]
}
