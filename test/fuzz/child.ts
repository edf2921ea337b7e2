// A process of its own for one target: node child.ts <the target's file> <a folder for it>. Makes and runs what its parent asks for, one at
// a time.
import { pathToFileURL } from 'node:url'
import { chanceOf } from './chance.ts'
import type { Input } from './input.ts'
import type { Answer, Given, Question } from './messages.ts'
import { judge, Unavailable } from './target.ts'
import type { OpenTarget, Target } from './target.ts'

const [file = '', folder = ''] = process.argv.slice(2)

function answer(said: Answer): void {
  process.send?.(said)
}

function inputOf(target: Target, given: Given): Input {
  return 'input' in given ? given.input : target.make(chanceOf(given.seed, given.index))
}

async function reply(target: Target, { kind, given }: Question): Promise<Answer> {
  const input = inputOf(target, given)
  if (kind === 'make') return { kind: 'made', input }
  const started = performance.now()
  const verdict = await judge(target, input)
  return { kind: 'ran', verdict, milliseconds: performance.now() - started, peakMegabytes: process.resourceUsage().maxRSS / 1024 }
}

async function serve(): Promise<void> {
  const { openTarget } = (await import(pathToFileURL(file).href)) as { openTarget: OpenTarget }
  const target = await openTarget(folder)
  process.on('message', (question: Question) => void reply(target, question).then(answer))
  process.on('disconnect', () => void Promise.resolve(target.close?.()).then(() => process.exit()))
  answer({ kind: 'ready' })
}

try {
  await serve()
} catch (error) {
  if (!(error instanceof Unavailable)) throw error
  answer({ kind: 'unavailable', reason: error.message })
  process.disconnect()
}
