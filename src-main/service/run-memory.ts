import { computeBufferBytes } from '../allocation/compute-buffer.ts'
import { kvCacheBytes } from '../allocation/kv-cache.ts'
import type { MemoryNumbers } from '../allocation/memory-numbers.ts'
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
    const numbers = memoryOf(model)
    const parts = {
      weightsBytes: report.file.bytes,
      kvCacheBytes: kvCacheBytes(numbers, contextTokens),
      computeBytes: computeBufferBytes(numbers, contextTokens),
    }
    return { contextTokens, ...parts, totalBytes: parts.weightsBytes + parts.kvCacheBytes + parts.computeBytes }
  })
}

/** Runs from before these numbers were kept are of models whose layers are all alike. */
function memoryOf({
  memory,
  layers,
  hidden,
  heads,
  kvHeads,
  headSize,
  expertWidth,
  expertsPerToken,
  vocabulary,
}: ModelSummary): MemoryNumbers {
  if (memory !== null) return { ...memory, hidden, vocabulary }
  const attention = (2 * heads + 2 * kvHeads) * headSize + hidden
  const widestStep = Math.max(attention, expertsPerToken * (2 * expertWidth + hidden) + hidden)
  return { hidden, vocabulary, cachedNumbers: 2 * kvHeads * headSize, windows: new Array<null>(layers).fill(null), widestStep }
}

/** No longer than the model reads; a model that reads less than the shortest is told at its own length. */
function contextsOf({ contextLength }: ModelSummary): number[] {
  const within = CONTEXTS.filter((tokens) => tokens <= contextLength)
  return within.length > 0 ? within : [contextLength]
}
