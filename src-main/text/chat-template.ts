import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { ExpectedError } from '../contract/errors.ts'
import { runStoppable, ThreadStopped } from './stoppable-thread.ts'
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

const THREAD = `
const { parentPort, workerData } = require('node:worker_threads')
import(workerData.jinja)
  .then(({ Template }) => parentPort.postMessage({ answer: new Template(workerData.template).render(workerData.values) }))
  .catch((error) => parentPort.postMessage({ error: String(error && error.message || error) }))
`

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
  try {
    return String(await runStoppable(THREAD, { jinja, template, values }, limitMs))
  } catch (error) {
    throw error instanceof ThreadStopped ? new ExpectedError('template-invalid', error.why, { cause: error }) : error
  }
}
