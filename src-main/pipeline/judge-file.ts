import type { Quality, Verification } from '../contract/report.ts'
import type { Forward } from '../forward/forward.ts'
import type { Kernels } from '../kernels/kernels.ts'
import { openGgufModel } from '../model/open-gguf.ts'
import type { MoeModel } from '../model/moe-model.ts'
import { evaluate } from '../report/evaluate.ts'
import { verifyWithLlama } from '../report/llama.ts'
import type { Emit } from './events.ts'
import type { Source } from './source.ts'
import { forwardLayerUnits, logitsUnits, verifyUnits } from './work.ts'
import type { Phase, Progress } from './progress.ts'

/** What judging a written file gave. */
export interface Judgment {
  readonly quality: Quality
  readonly verification: Verification | null
  readonly verificationMissing: string | null
}

/** What a file is judged with. */
export interface JudgeInput {
  readonly source: Source
  readonly file: string
  readonly heldOut: readonly Int32Array[]
  readonly forward: Forward
  readonly kernels: Kernels
  readonly threads: number
  readonly seed: number
  readonly signal: AbortSignal
  readonly progress: Progress
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

/** Judges a written file on its own decoded weights, then has llama.cpp confirm it. */
export async function judgeFile(input: JudgeInput): Promise<Judgment> {
  const { progress, phases, heldOut, signal } = input
  progress.enter(phases.evaluate)
  const shrunk = await openGgufModel(input.file, input.kernels)
  const quality = await evaluateAndClose(input, shrunk)
  progress.enter(phases.verify)
  const prompt = input.source.tokenizer.decode((heldOut[0] ?? new Int32Array(0)).subarray(0, PROMPT_TOKENS))
  const answer = await verifyWithLlama(input.file, heldOut, quality.perplexity.shrunk, {
    prompt, maxTokens: SAMPLE_TOKENS, threads: input.threads, seed: input.seed, signal,
    onProgress: (done, total) => progress.at(done / total),
  })
  progress.at(1)
  return 'missing' in answer
    ? { quality, verification: null, verificationMissing: answer.missing }
    : { quality, verification: answer, verificationMissing: null }
}

/** Says aloud what nobody may overlook: that llama.cpp computes something else from the file than we do, or was not asked. */
export function tellVerdict({ verification, verificationMissing }: Judgment, emit: Emit): void {
  if (verification === null) return emit({ kind: 'log', level: 'warn', text: `the file is not verified: ${verificationMissing ?? 'nobody was asked'}` })
  const { engine, perplexity, expected, agrees } = verification
  if (!agrees) emit({ kind: 'log', level: 'error', text: `${engine} disagrees: perplexity ${perplexity.toFixed(4)}, ours ${expected.toFixed(4)}; the file is not to be trusted` })
}

async function evaluateAndClose(input: JudgeInput, shrunk: MoeModel): Promise<Quality> {
  const { layers } = shrunk.shape
  /** First the original's layers, then the shrunk model's, then both output matrices. */
  const layerAt = (done: number): number | null => (done < 2 * layers ? Math.floor(done) % layers : null)
  try {
    return await evaluate(input.forward, input.source.model, shrunk, input.heldOut, {
      signal: input.signal,
      onProgress: (done, total) => input.progress.at(done / total, layerAt(done)),
    })
  } finally {
    await shrunk.close()
  }
}
