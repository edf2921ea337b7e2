import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { suitingRows } from './pre-tokenizer.ts'
import { runnable } from './pre-tokenizer-rows.ts'
import { PROBE_TEXTS } from './probe-texts.ts'
import { runStoppable, ThreadStopped } from './stoppable-thread.ts'
import type { TokenizerJson } from './tokenizer-files.ts'

/** The file's regular expressions are its own program, so they run where they can be stopped. */
const THREAD = `
const { parentPort, workerData } = require('node:worker_threads')
import(workerData.library)
  .then((library) => {
    const { Tokenizer } = library.default ?? library
    const cutter = ({ normalizer, pre_tokenizer }) => {
      const model = { type: 'BPE', vocab: {}, merges: [] }
      const built = new Tokenizer({ model, normalizer, pre_tokenizer, decoder: null, post_processor: null, added_tokens: [] }, {})
      const normal = (text) => (built.normalizer === null ? text : built.normalizer(text))
      return (text) => JSON.stringify(built.pre_tokenizer === null ? [normal(text)] : built.pre_tokenizer(normal(text)))
    }
    const known = workerData.rows.map((pre_tokenizer) => workerData.texts.map(cutter({ normalizer: null, pre_tokenizer })))
    let own
    try {
      own = workerData.texts.map(cutter(workerData.own))
    } catch {
      return parentPort.postMessage({ answer: known.map(() => false) }) // what cannot be run cuts like nothing that is known
    }
    parentPort.postMessage({ answer: known.map((pieces) => pieces.every((piece, at) => piece === own[at])) })
  })
  .catch((error) => parentPort.postMessage({ error: String(error && error.message || error) }))
`

/** The known ones take a few milliseconds. */
const LIMIT_MS = 5000

/**
 * Names of llama.cpp whose way of cutting text gives the same pieces as the tokenizer's own on every one of {@link PROBE_TEXTS}, one name
 * for each way; none where it cannot be run.
 */
export async function namesCuttingAlike(tokenizer: TokenizerJson, limitMs = LIMIT_MS): Promise<string[]> {
  const rows = suitingRows(tokenizer)
  const { normalizer = null, pre_tokenizer = null } = tokenizer
  const data = {
    library: pathToFileURL(createRequire(import.meta.url).resolve('@huggingface/tokenizers')).href,
    own: { normalizer: withoutComposing(normalizer), pre_tokenizer },
    rows: rows.map(runnable),
    texts: PROBE_TEXTS,
  }
  try {
    const fits = (await runStoppable(THREAD, data, limitMs)) as readonly boolean[]
    return rows.filter((_, at) => fits[at] === true).map(({ names }) => names[0])
  } catch (error) {
    // What hangs or takes too much memory is told to fit none.
    if (error instanceof ThreadStopped && error.beyondLimits) return []
    throw error
  }
}

/** A normalizer but for the steps that compose letters, which llama.cpp leaves out for every tokenizer. */
function withoutComposing(step: unknown): unknown {
  if (typeof step !== 'object' || step === null || !('type' in step)) return step
  if (step.type === 'NFC') return null
  if (step.type !== 'Sequence' || !('normalizers' in step) || !Array.isArray(step.normalizers)) return step
  return { ...step, normalizers: step.normalizers.map(withoutComposing).filter((one) => one !== null) }
}
