import { beforeEach, describe, expect, it, vi } from 'vitest'
import { ExpectedError } from '../../../src-main/contract/errors.ts'
import { useAnswers } from '../../../src-renderer/stores/answers.ts'
import { createFakeService, type FakeService } from '../fake/fake-service.ts'
import { piniaOver } from '../in-app.ts'

let service: FakeService
beforeEach(() => {
  service = createFakeService({ pace: 4 })
  piniaOver(service)
})

describe('answers side by side', () => {
  it('come word by word and end whole', async () => {
    const answers = useAnswers()
    const lengths: number[] = []
    service.onEvent(() => lengths.push(answers.questions.get('r2')?.original.text.length ?? 0))
    await answers.ask('r2', 'The old lighthouse keeper', 12)
    const question = answers.questions.get('r2')
    expect(question).toMatchObject({ asking: false, failure: null, original: { done: true }, shrunk: { done: true } })
    expect(question?.original.whole?.secondsPerToken).toBe(7.84)
    expect(new Set(lengths).size).toBeGreaterThan(5)
  })

  it('stop when cancelled, and what came before stays', async () => {
    const answers = useAnswers()
    const asked = answers.ask('r2', 'The old lighthouse keeper', 40)
    await vi.waitFor(() => expect(answers.questions.get('r2')?.shrunk.text).not.toBe(''))
    await answers.cancel('r2')
    await asked
    expect(answers.questions.get('r2')).toMatchObject({
      asking: false,
      cancelled: true,
      failure: null,
      shrunk: { done: true, whole: { cut: true } },
    })
    expect(answers.questions.get('r2')?.shrunk.text).not.toBe('')
  })

  it('say why there are none', async () => {
    const answers = useAnswers()
    service.failNext('answer.start', new ExpectedError('answer-unavailable', { reason: 'model-gone', path: '/models/original' }))
    await answers.ask('r2', 'Hello', 8)
    expect(answers.questions.get('r2')?.failure?.code).toBe('answer-unavailable')
  })
})
