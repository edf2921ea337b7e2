import { CALLS, type CallOutput } from '../../../src-main/contract/calls.ts'
import { ExpectedError } from '../../../src-main/contract/errors.ts'
import type { FakeStage } from './fake-run-play.ts'

const ORIGINAL =
  ' climbed the stairs every evening, counting the steps aloud so that the silence would not count them for him. One night the lamp refused to light, and he sat down to think.'
const SHRUNK =
  ' climbed the stairs every evening, counting the steps under his breath so that nobody would hear how slow he had become. One night the lamp refused to light.'

/** Answers about a finished run: its memory, what both models say, what is given away. `answerPace`: milliseconds a word. */
export function resultAnswers({ runAt, emit, pace }: FakeStage): Record<string, (input: never) => unknown> {
  const cancels = new Map<string, () => void>()

  async function answer(runId: string, tokens: number): Promise<CallOutput<'answer.start'>> {
    let cancelled = false
    cancels.set(runId, () => {
      cancelled = true
    })
    const said = { original: '', shrunk: '' }
    for (const [side, text] of [
      ['shrunk', SHRUNK],
      ['original', ORIGINAL],
    ] as const) {
      const words = text.match(/\s*\S+/g)?.slice(0, tokens) ?? []
      for (const [index, word] of words.entries()) {
        if (cancelled) break
        await new Promise((resolve) => setTimeout(resolve, pace / 4))
        said[side] += word
        emit({ kind: 'answer', runId, side, text: word, done: index === words.length - 1 })
      }
    }
    const whole = (text: string, secondsPerToken: number) => ({ text, tokens: text.split(' ').length - 1, secondsPerToken, cut: true })
    return { original: whole(said.original, 7.84), shrunk: whole(said.shrunk, 1.12) }
  }

  return {
    'run.memory': (input: unknown): CallOutput<'run.memory'> => {
      const { runId } = CALLS['run.memory'].input.parse(input)
      const { model, report } = runAt(runId)
      if (!model || !report) throw new ExpectedError('run-not-found', { runId })
      return [4096, 16_384, 32_768]
        .filter((tokens) => tokens <= model.contextLength)
        .map((contextTokens) => {
          const kvCacheBytes = model.layers * model.kvHeads * model.headSize * 4 * contextTokens
          const computeBytes = 304 * 2 ** 20
          return {
            contextTokens,
            weightsBytes: report.file.bytes,
            kvCacheBytes,
            computeBytes,
            totalBytes: report.file.bytes + kvCacheBytes + computeBytes,
          }
        })
    },
    'answer.start': (input: unknown) => {
      const { runId, tokens } = CALLS['answer.start'].input.parse(input)
      return answer(runId, tokens)
    },
    'answer.cancel': (input: unknown) => {
      cancels.get(CALLS['answer.cancel'].input.parse(input).runId)?.()
      return {}
    },
    'run.export': (input: unknown): CallOutput<'run.export'> => {
      const { runId, folder, name, model, splitBytes, extras } = CALLS['run.export'].input.parse(input)
      const { report } = runAt(runId)
      if (!report) throw new ExpectedError('run-not-found', { runId })
      const base = `${folder ?? report.file.path.replace(/\/[^/]*$/, '')}/${name ?? 'Qwen3-30B-A3B-4.29bpw'}`
      const parts = Math.ceil(report.file.bytes / splitBytes)
      const part = (index: number) => ({
        path: `${base}-${String(index + 1).padStart(5, '0')}-of-${String(parts).padStart(5, '0')}.gguf`,
        bytes: Math.min(splitBytes, report.file.bytes - index * splitBytes),
        linked: false,
      })
      const whole =
        model === 'split'
          ? Array.from({ length: parts }, (_, index) => part(index))
          : model === 'copy'
            ? [{ path: `${base}.gguf`, bytes: report.file.bytes, linked: true }]
            : []
      const endings = { card: '.md', recipe: '.recipe.json', plan: '.plan.json', checksums: '.sha256', modelfile: '.Modelfile' }
      return {
        files: [
          ...whole,
          ...extras.map((extra, index) => ({ path: `${base}${endings[extra]}`, bytes: 1200 + 900 * index, linked: false })),
        ],
      }
    },
  }
}
