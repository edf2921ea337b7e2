import type { Token } from 'node-llama-cpp'
import { explainFailures, ONE_THREAD_BYTES, openLlama } from './llama.ts'
import type { LlamaMissing } from './llama.ts'

/** What llama.cpp continues, and how far. */
export interface LlamaContinueOptions {
  readonly tokens: number
  /** Tokens that end the text; they are not told. */
  readonly ends: readonly number[]
  /** 0 = llama.cpp's own choice. */
  readonly threads: number
  readonly signal: AbortSignal
  /** The file is loaded; tokens come next. */
  onReady(): void
  onToken(token: number): void
}

/** Room beside prompt and answer: llama.cpp rounds contexts up anyway. */
const SPARE_TOKENS = 8

/**
 * Has llama.cpp continue token ids greedily from a GGUF file. Answers `missing` when it is not on this machine.
 * Throws ExpectedError 'verification-failed' {path, reason} when it cannot load or run the file, and the signal's reason when aborted.
 */
export async function continueWithLlama(path: string, prompt: Int32Array, options: LlamaContinueOptions): Promise<LlamaMissing | null> {
  const opened = await openLlama(options.threads)
  if ('missing' in opened) return opened
  const { llama, messages } = opened
  try {
    await explainFailures(path, messages, options.signal, async () => {
      const model = await llama.loadModel({ modelPath: path, loadSignal: options.signal })
      const context = await model.createContext({
        contextSize: prompt.length + options.tokens + SPARE_TOKENS,
        sequences: 1,
        threads: model.size < ONE_THREAD_BYTES ? 1 : options.threads,
      })
      const stream = context.getSequence().evaluate(
        Array.from(prompt, (id) => id as Token),
        { temperature: 0 },
      )
      options.onReady()
      for (let told = 0; told < options.tokens; told++) {
        options.signal.throwIfAborted()
        const { value, done } = await stream.next()
        if (done === true || options.ends.includes(value)) break
        options.onToken(value)
      }
      await stream.return()
    })
    return null
  } finally {
    await llama.dispose()
  }
}
