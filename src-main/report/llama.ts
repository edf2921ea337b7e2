import type { ControlledEvaluateInputItem, Llama, LlamaContextSequence, LlamaModel, Token } from 'node-llama-cpp'
import { ExpectedError } from '../contract/errors.ts'
import type { Because } from '../contract/reasons.ts'
import type { Verification } from '../contract/report.ts'

/** What to continue, how far, and how wide to compute. */
export interface VerifyOptions {
  readonly prompt: string
  /** Most tokens of the continuation; it ends earlier where the model ends it. */
  readonly maxTokens: number
  /** 0 = llama.cpp's own choice. */
  readonly threads: number
  /** Seed of the continuation. */
  readonly seed?: number
  readonly signal?: AbortSignal | undefined
  /** `done` of `total` token windows. */
  readonly onProgress?: (done: number, total: number) => void
}

/** llama.cpp cannot be asked, and why. */
export interface LlamaMissing {
  readonly missing: Because<'llama-does-not-load' | 'llama-without-binary'> & { readonly said: string }
}

/**
 * Largest difference of the two perplexities that still counts as agreement. llama.cpp keeps keys and values in half precision and
 * quantizes activations.
 */
const AGREEMENT = 0.01

/** Below this many bytes one thread is as fast as several: they would wait for each other (spinning) more than they compute. */
export const ONE_THREAD_BYTES = 256 << 20

/** Context for prompt and continuation beside the windows. */
const SPARE_TOKENS = 512

/**
 * Has llama.cpp open the written file, predict tokens 1..n-1 of every window (token 0 is only context, nothing is put before it)
 * and continue a prompt. Its perplexity on those tokens is compared with `expectedPerplexity`, ours on the same tokens.
 * Answers `missing` when the library or its binary is not on this machine.
 * Throws ExpectedError 'verification-failed' {path, reason} when llama.cpp cannot load or run the file, and the signal's reason when
 * aborted.
 */
export async function verifyWithLlama(
  path: string,
  windows: readonly Int32Array[],
  expectedPerplexity: number,
  options: VerifyOptions,
): Promise<Verification | LlamaMissing> {
  const opened = await openLlama(options.threads)
  if ('missing' in opened) return opened
  const { llama, messages } = opened
  try {
    return await explainFailures(path, messages, options.signal, async () => {
      const model = await llama.loadModel({
        modelPath: path,
        checkTensors: true,
        ...(options.signal ? { loadSignal: options.signal } : {}),
      })
      const longest = windows.reduce((most, window) => Math.max(most, window.length), 0)
      const context = await model.createContext({
        contextSize: longest + SPARE_TOKENS,
        batchSize: Math.max(longest, SPARE_TOKENS),
        sequences: 1,
        threads: model.size < ONE_THREAD_BYTES ? 1 : options.threads,
      })
      const sequence = context.getSequence()
      const perplexity = await measurePerplexity(sequence, windows, options)
      const continuation = await continuePrompt(model, sequence, options)
      return {
        engine: `llama.cpp ${llama.llamaCppRelease.release}`,
        perplexity,
        expected: expectedPerplexity,
        agrees: Math.abs(perplexity / expectedPerplexity - 1) <= AGREEMENT,
        sample: { prompt: options.prompt, continuation },
      }
    })
  } finally {
    await llama.dispose()
  }
}

/**
 * Token ids that llama.cpp gives `texts` with the tokenizer in a GGUF file; special tokens in the text are recognized. Answers and throws
 * as {@link verifyWithLlama}.
 */
export async function tokenizeWithLlama(path: string, texts: readonly string[]): Promise<Int32Array[] | LlamaMissing> {
  const opened = await openLlama(0)
  if ('missing' in opened) return opened
  const { llama, messages } = opened
  try {
    return await explainFailures(path, messages, undefined, async () => {
      const model = await llama.loadModel({ modelPath: path, vocabOnly: true })
      return texts.map((text) => Int32Array.from(model.tokenize(text, true, 'trimLeadingSpace')))
    })
  } finally {
    await llama.dispose()
  }
}

/** exp of the mean negative log-likelihood; each window starts from an empty context. */
async function measurePerplexity(sequence: LlamaContextSequence, windows: readonly Int32Array[], options: VerifyOptions): Promise<number> {
  let loss = 0
  let tokens = 0
  for (const [done, window] of windows.entries()) {
    options.signal?.throwIfAborted()
    loss += await windowLoss(sequence, window)
    tokens += window.length - 1
    options.onProgress?.(done + 1, windows.length)
  }
  return Math.exp(loss / tokens)
}

/**
 * Summed loss of one window. llama.cpp is asked for three numbers per token, not for a vocabulary of them: the logit of the true
 * successor, the largest logit (that of the token greedy sampling selects: the library's own `includeMax` leaves it out), and
 * sum_v e^(logit_v - largest).
 */
async function windowLoss(sequence: LlamaContextSequence, window: Int32Array): Promise<number> {
  await sequence.clearHistory()
  const next = Array.from(window.subarray(1), (token) => token as Token)
  const input = next.map((successor, i): ControlledEvaluateInputItem => [
    window[i] as Token,
    { generateNext: { logits: { filter: { tokens: [successor], includeSelected: true } }, totalLogitWeight: true } },
  ])
  const results = await sequence.controlledEvaluate(input)
  let loss = 0
  for (const [i, successor] of next.entries()) {
    const { logits, totalLogitWeight } = results[i]?.next ?? {}
    const logit = logits?.get(successor)
    if (logits === undefined || logit === undefined || totalLogitWeight === undefined)
      throw new Error(`no logits for token ${i} of a window`)
    loss += Math.log(totalLogitWeight) - (logit - Math.max(...logits.values()))
  }
  return loss
}

async function continuePrompt(model: LlamaModel, sequence: LlamaContextSequence, options: VerifyOptions): Promise<string> {
  await sequence.clearHistory()
  const tokens: Token[] = []
  const stream = sequence.evaluate(model.tokenize(options.prompt, true, 'trimLeadingSpace').slice(0, SPARE_TOKENS / 2), {
    temperature: 0.8,
    topK: 40,
    topP: 0.95,
    seed: options.seed ?? 0,
  })
  const most = Math.min(options.maxTokens, SPARE_TOKENS / 2)
  while (tokens.length < most) {
    options.signal?.throwIfAborted()
    const { value, done } = await stream.next()
    if (done === true) break
    tokens.push(value)
  }
  await stream.return()
  return model.detokenize(tokens)
}

interface OpenedLlama {
  readonly llama: Llama
  /** What llama.cpp logged as an error, for the explanation of a failure. */
  readonly messages: string[]
}

/** llama.cpp, on the processor alone; or why it is not there. */
export async function openLlama(threads: number): Promise<OpenedLlama | LlamaMissing> {
  const messages: string[] = []
  let library: typeof import('node-llama-cpp')
  try {
    library = await import('node-llama-cpp')
  } catch (error) {
    return { missing: { reason: 'llama-does-not-load', said: reasonOf(error) } }
  }
  try {
    const llama = await library.getLlama({
      gpu: false,
      build: 'never',
      skipDownload: true,
      progressLogs: false,
      logLevel: library.LlamaLogLevel.error,
      logger: (_, message) => {
        messages.push(message.trim())
      },
      ...(threads > 0 ? { maxThreads: threads } : {}),
    })
    return { llama, messages }
  } catch (error) {
    if (error instanceof library.NoBinaryFoundError) return { missing: { reason: 'llama-without-binary', said: reasonOf(error) } }
    throw error
  }
}

/** Runs `work`; a failure that is not the user's cancel is the file's: llama.cpp would not load or run it. */
export async function explainFailures<T>(
  path: string,
  messages: readonly string[],
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work()
  } catch (error) {
    signal?.throwIfAborted()
    throw new ExpectedError(
      'verification-failed',
      { path, by: 'llama.cpp', said: reasonOf(error), log: messages.slice(-5) },
      { cause: error },
    )
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
