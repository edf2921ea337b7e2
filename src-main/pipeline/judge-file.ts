import type { FormatName } from '../contract/recipe.ts'
import type { PruningReport, Quality, Report, Verification } from '../contract/report.ts'
import type { Forward } from '../forward/forward.ts'
import type { Kernels } from '../kernels/kernels.ts'
import type { MoeModel } from '../model/moe-model.ts'
import { evaluate } from '../report/evaluate.ts'
import { evaluatePruning } from '../report/pruning.ts'
import { verifyWithLlama } from '../report/llama.ts'
import type { LlamaMissing } from '../report/llama.ts'
import type { Emit } from './events.ts'
import { peakMemoryBytes } from './peak-memory.ts'
import type { Source } from './source.ts'
import { openWritten } from './written.ts'
import { forwardLayerUnits, logitsUnits, verifyUnits } from './work.ts'
import type { Phase, RunProgress } from './progress.ts'

/** What judging a written file gave. */
export interface Judgment {
  readonly quality: Quality
  /** What skipping experts saves and costs; only for a model that does. */
  readonly pruning?: PruningReport
  readonly verification: Verification | null
  readonly verificationMissing: Report['verificationMissing']
  /** Before llama.cpp mapped the file into this process. */
  readonly peakMemoryBytes: number
}

/** What a file is judged with. */
export interface JudgeInput {
  readonly source: Source
  /** A GGUF file or an exported folder. */
  readonly file: string
  readonly format: FormatName
  readonly heldOut: readonly Int32Array[]
  readonly forward: Forward
  readonly kernels: Kernels
  readonly threads: number
  readonly seed: number
  readonly signal: AbortSignal
  readonly progress: RunProgress
  readonly phases: JudgePhases
}

export interface JudgePhases {
  readonly evaluate: Phase
  readonly verify: Phase
}

/** The two phases of judging `source` on `heldOut`, for the job's progress. */
export function judgePhases(source: Source, heldOut: readonly Int32Array[]): JudgePhases {
  const { shape } = source.model
  const windowTokens = heldOut[0]?.length ?? 0
  const tokens = heldOut.length * windowTokens
  const pass = shape.layers * forwardLayerUnits(shape, tokens, windowTokens) + logitsUnits(shape, tokens)
  return {
    evaluate: { stage: 'report', activity: 'evaluate', units: 2 * pass },
    verify: { stage: 'report', activity: 'verify', units: verifyUnits(shape, tokens) },
  }
}

/** Most tokens the sample continuation may have, and the text it continues: the held-out text's own beginning. */
const SAMPLE_TOKENS = 48
const PROMPT_TOKENS = 24

/** Judges what was written on its own decoded weights, then has llama.cpp confirm it where it can read such a thing. */
export async function judgeFile(input: JudgeInput): Promise<Judgment> {
  const { progress, phases } = input
  progress.enter(phases.evaluate)
  const shrunk = await openWritten(input.file, input.format, input)
  const { quality, ...pruning } = await evaluateAndClose(input, shrunk)
  const peak = peakMemoryBytes()
  progress.enter(phases.verify)
  const answer = input.format === 'gguf' ? await verify(input, quality) : { missing: { reason: 'folders-unread' } }
  progress.at(1)
  return 'missing' in answer
    ? { quality, ...pruning, verification: null, verificationMissing: answer.missing, peakMemoryBytes: peak }
    : { quality, ...pruning, verification: answer, verificationMissing: null, peakMemoryBytes: peak }
}

function verify(
  { source, file, heldOut, threads, seed, signal, progress }: JudgeInput,
  quality: Quality,
): Promise<Verification | LlamaMissing> {
  const prompt = source.tokenizer.decode((heldOut[0] ?? new Int32Array(0)).subarray(0, PROMPT_TOKENS))
  return verifyWithLlama(file, heldOut, quality.perplexity.shrunk, {
    prompt,
    maxTokens: SAMPLE_TOKENS,
    threads,
    seed,
    signal,
    onProgress: (done, total) => progress.at(done / total),
  })
}

/** Says aloud what nobody may overlook: that llama.cpp computes something else from the file than we do, or was not asked. */
export function tellVerdict({ verification, verificationMissing }: Judgment, format: FormatName, emit: Emit): void {
  if (verification === null)
    return emit({ kind: 'log', level: format === 'gguf' ? 'warn' : 'info', line: { say: 'not-verified', why: verificationMissing ?? {} } })
  const { engine, perplexity, expected, agrees } = verification
  if (!agrees) emit({ kind: 'log', level: 'error', line: { say: 'disagrees', engine, perplexity, expected } })
}

async function evaluateAndClose(input: JudgeInput, shrunk: MoeModel): Promise<Pick<Judgment, 'quality' | 'pruning'>> {
  const { layers } = shrunk.shape
  /** First the original's layers, then the shrunk model's, then both output matrices. */
  const layerAt = (done: number): number | null => (done < 2 * layers ? Math.floor(done) % layers : null)
  try {
    const options = { signal: input.signal, onProgress: (done: number, total: number) => input.progress.at(done / total, layerAt(done)) }
    const skips = shrunk.pruning !== null && shrunk.pruning !== undefined
    if (skips) return await evaluatePruning(input.forward, input.source.model, shrunk, input.heldOut, options)
    return { quality: await evaluate(input.forward, input.source.model, shrunk, input.heldOut, options) }
  } finally {
    await shrunk.close()
  }
}
