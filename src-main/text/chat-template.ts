import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'
import type { ErrorDetails } from '../contract/error-details.ts'
import { ExpectedError } from '../contract/errors.ts'
import type { TokenizerFiles } from './tokenizer-files.ts'

/** A checkpoint's chat templates by name; the one used unless another is asked for is 'default'. Empty when it has none. */
export function readChatTemplates(files: TokenizerFiles): ReadonlyMap<string, string> {
  const templates = new Map<string, string>()
  const stated = files.tokenizerConfig['chat_template']
  if (typeof stated === 'string') templates.set('default', stated)
  for (const entry of Array.isArray(stated) ? (stated as readonly unknown[]) : []) {
    const named = typeof entry === 'object' && entry !== null && 'name' in entry && 'template' in entry ? entry : null
    if (typeof named?.name === 'string' && typeof named.template === 'string') templates.set(named.name, named.template)
  }
  if (files.templateFile !== null) templates.set('default', files.templateFile)
  return templates
}

/** One turn of a conversation. */
export interface ChatTurn {
  readonly role: 'user' | 'assistant'
  readonly content: string
}

/** The two-turn conversation shown on the model page to prove that a template works. */
export const SAMPLE_CHAT: readonly ChatTurn[] = [
  { role: 'user', content: 'Name a color.' },
  { role: 'assistant', content: 'Green.' },
]

/**
 * Templates are programs from the internet, so one runs in a thread of its own that can be stopped. The thread is given as text, and
 * the path of the library with it, so that it also starts from a bundle.
 */
const THREAD = `
const { parentPort, workerData } = require('node:worker_threads')
import(workerData.jinja)
  .then(({ Template }) => parentPort.postMessage({ text: new Template(workerData.template).render(workerData.values) }))
  .catch((error) => parentPort.postMessage({ error: String(error && error.message || error) }))
`

/** A template that takes more memory than this is stopped, bytes. */
const MEMORY_LIMIT = 128 * 2 ** 20

/** How often its memory is looked at. */
const LOOK_MS = 10

/** A thread that runs into its heap's own limit may take the whole process along; it is stopped long before. */
const HEAP_LIMIT_MB = 2048

/**
 * Renders `turns` with a Jinja chat template, stopping it after `limitMs`.
 * Throws ExpectedError 'template-invalid' with the reason when it does not parse, fails, is too slow or takes too much memory.
 */
export async function renderChat(
  template: string,
  turns: readonly ChatTurn[],
  tokens: { bos: string; eos: string },
  limitMs = 2000,
): Promise<string> {
  const jinja = pathToFileURL(createRequire(import.meta.url).resolve('@huggingface/jinja')).href
  const values = { messages: turns, add_generation_prompt: true, bos_token: tokens.bos, eos_token: tokens.eos }
  const thread = new Worker(THREAD, {
    eval: true,
    workerData: { jinja, template, values },
    resourceLimits: { maxOldGenerationSizeMb: HEAP_LIMIT_MB },
  })
  try {
    return await answerOf(thread, limitMs)
  } finally {
    await thread.terminate()
  }
}

function answerOf(thread: Worker, limitMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      clearTimeout(timer)
      clearInterval(looking)
    }
    const fail = (why: ErrorDetails['template-invalid']): void => {
      settle()
      reject(new ExpectedError('template-invalid', why))
    }
    const timer = setTimeout(() => {
      fail({ reason: 'template-slow', milliseconds: limitMs })
    }, limitMs)
    // A thread that has not started or has ended says nothing of its memory, and takes none.
    const looking = setInterval(
      () =>
        void thread.getHeapStatistics().then(
          ({ used_heap_size: used }) => {
            if (used > MEMORY_LIMIT) fail({ reason: 'template-large', mebibytes: MEMORY_LIMIT / 2 ** 20 })
          },
          () => {},
        ),
      LOOK_MS,
    )
    thread.once('message', (answer: { text: string } | { error: string }) => {
      if ('error' in answer) return fail({ said: answer.error })
      settle()
      resolve(answer.text)
    })
    thread.once('error', (error) => {
      fail({ said: error instanceof Error ? error.message : String(error) })
    })
  })
}
