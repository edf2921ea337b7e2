import { defineStore } from 'pinia'
import { reactive } from 'vue'
import type { CallOutput } from '../../src-main/contract/calls.ts'
import type { ErrorShape } from '../../src-main/contract/error-shape.ts'
import type { RunEvent } from '../../src-main/contract/events.ts'
import { useApi } from '../api/api.ts'
import { toFailure } from '../api/failure.ts'

type Answer = CallOutput<'answer.start'>['original']
/** One model's answer while it comes: its text so far, and what it took once it is whole; null where it said nothing. */
export interface LiveAnswer {
  text: string
  done: boolean
  whole: Answer | null
}

/** What two models say to one prompt. */
export interface Question {
  readonly prompt: string
  readonly original: LiveAnswer
  readonly shrunk: LiveAnswer
  asking: boolean
  cancelled: boolean
  failure: ErrorShape | null
}

/** Answers side by side, by run; the last question of each is kept while the app is open. */
export const useAnswers = defineStore('answers', () => {
  const api = useApi()
  const questions = reactive(new Map<string, Question>())

  async function ask(runId: string, prompt: string, tokens: number): Promise<void> {
    const fresh = (): LiveAnswer => ({ text: '', done: false, whole: null })
    questions.set(runId, { prompt, original: fresh(), shrunk: fresh(), asking: true, cancelled: false, failure: null })
    const question = questions.get(runId)
    if (!question) return
    try {
      const answer = await api.call('answer.start', { runId, prompt, tokens })
      for (const side of ['original', 'shrunk'] as const)
        Object.assign(question[side], { text: answer[side].text, done: true, whole: answer[side].tokens > 0 ? answer[side] : null })
    } catch (error) {
      question.failure = toFailure(error)
    } finally {
      question.asking = false
    }
  }

  async function cancel(runId: string): Promise<void> {
    const question = questions.get(runId)
    if (!question?.asking) return
    question.cancelled = true
    try {
      await api.call('answer.cancel', { runId })
    } catch (error) {
      question.failure = toFailure(error)
    }
  }

  function apply(event: RunEvent): void {
    if (event.kind !== 'answer') return
    const question = questions.get(event.runId)
    if (!question?.asking) return
    question[event.side].text += event.text
    question[event.side].done = event.done
  }

  api.onEvent(apply)
  return { questions, ask, cancel }
})
