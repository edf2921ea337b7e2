import { modelFingerprint } from '../calibration/fingerprint.ts'
import type { Answer } from '../contract/calls.ts'
import { ExpectedError } from '../contract/errors.ts'
import { continueGreedily } from '../forward/continue.ts'
import { mostTokens } from '../forward/hidden.ts'
import type { MoeModel } from '../model/moe-model.ts'
import { continueWithLlama } from '../report/llama-continue.ts'
import { promptTokens } from '../text/prompt-tokens.ts'
import { createTextStream } from '../text/text-stream.ts'
import { createAnswerClock } from './answer-clock.ts'
import type { Emit } from './events.ts'
import type { Gate } from './gate.ts'
import type { Job } from './job.ts'
import { openTools } from './tools.ts'
import type { Tools } from './tools.ts'
import { openWritten } from './written.ts'

type AnswerJob = Extract<Job, { kind: 'answer' }>
type Side = 'original' | 'shrunk'

/** What both sides continue. */
interface Question {
  readonly job: AnswerJob
  readonly tools: Tools
  readonly prompt: Int32Array
  readonly signal: AbortSignal
  readonly emit: Emit
}

/**
 * Continues a prompt with the shrunk model, then with the original, each with its most likely tokens: the quick side first. The original
 * runs layer by layer through our engine; a GGUF file through llama.cpp, which is what its user will run, or where that is not installed
 * through our engine on the file's decoded weights, as folders always do. Both get the same token ids. Throws ExpectedError
 * 'answer-unavailable' {reason}: the model is not the one the run was planned for, or the prompt is too long for it.
 */
export async function answer(job: AnswerJob, signal: AbortSignal, emit: Emit, gate: Gate | null = null): Promise<void> {
  const tools = await openTools(job, gate)
  try {
    const { source } = tools
    if (job.fingerprint !== null && job.fingerprint !== (await modelFingerprint(source.model))) {
      throw new ExpectedError('answer-unavailable', { reason: 'model-changed', path: source.facts.path })
    }
    const prompt = await promptTokens(source.tokenizer, job.prompt)
    const contextLength = Math.min(source.model.shape.contextLength, mostTokens(source.model.shape))
    if (prompt.length >= contextLength)
      throw new ExpectedError('answer-unavailable', { reason: 'prompt-too-long', tokens: prompt.length, contextLength })
    const question: Question = { job: { ...job, tokens: Math.min(job.tokens, contextLength - prompt.length) }, tools, prompt, signal, emit }
    await answerShrunk(question)
    await answerWith(question, 'original', source.model)
  } finally {
    await tools.close()
  }
}

async function answerShrunk(question: Question): Promise<void> {
  const { job, tools } = question
  if (job.format === 'gguf' && (await answerWithLlama(question))) return
  const written = await openWritten(job.file, job.format, tools)
  try {
    await answerWith(question, 'shrunk', written)
  } finally {
    await written.close()
  }
}

/** @returns whether llama.cpp is there */
async function answerWithLlama(question: Question): Promise<boolean> {
  const { job, tools, prompt, signal } = question
  const teller = tellerOf(question, 'shrunk')
  const missing = await continueWithLlama(job.file, prompt, {
    tokens: job.tokens,
    ends: tools.source.tokenizer.special.ends,
    threads: job.recipe.threads,
    signal,
    onReady: teller.start,
    onToken: teller.tell,
  })
  if (missing !== null) return false
  teller.finish()
  return true
}

async function answerWith(question: Question, side: Side, model: MoeModel): Promise<void> {
  const { job, tools, prompt, signal } = question
  const teller = tellerOf(question, side)
  teller.start()
  for await (const token of continueGreedily(tools.forward, model, prompt, {
    tokens: job.tokens,
    ends: tools.source.tokenizer.special.ends,
    signal,
  }))
    teller.tell(token)
  teller.finish()
}

/** Tells one side's text as it comes. */
interface Teller {
  start(): void
  tell(token: number): void
  finish(): void
}

function tellerOf({ job, tools, emit }: Question, side: Side): Teller {
  const stream = createTextStream((tokens) => tools.source.tokenizer.decode(tokens))
  const clock = createAnswerClock()
  let text = ''
  const say = (added: string, done: boolean): void => {
    text += added
    const { tokens, secondsPerToken } = clock.measured()
    const answer: Answer = { text, tokens, secondsPerToken, cut: !done || tokens >= job.tokens }
    emit({ kind: 'answer', side, text: added, done, answer })
  }
  return {
    start: clock.start,
    tell(token) {
      clock.count()
      say(stream.push(token), false)
    },
    finish: () => {
      say(stream.finish(), true)
    },
  }
}
