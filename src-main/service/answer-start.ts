import { stat } from 'node:fs/promises'
import type { Answer, CallOutput } from '../contract/calls.ts'
import type { ErrorDetails } from '../contract/error-details.ts'
import { ExpectedError, fromErrorShape } from '../contract/errors.ts'
import type { RunDetail } from '../contract/run.ts'
import { sha256OfRange } from '../formats/positional-read.ts'
import type { Job } from '../pipeline/job.ts'
import type { Planning } from '../pipeline/planning-threads.ts'
import { bytesWritten } from '../pipeline/written.ts'
import { listRuns, readRun, WORKING } from '../store/runs.ts'
import { answersOf } from './answers-in-work.ts'
import type { ServiceDependencies } from './dependencies.ts'
import { foldersOf } from './one-job.ts'

/** A file up to this size is known by its hash; larger ones by their size, because hashing them takes longer than answering. */
const HASHED_BYTES = 256 * 2 ** 20

type Unavailable = (why: ErrorDetails['answer-unavailable']) => ExpectedError

/** What nobody has said. */
const SILENCE: Answer = { text: '', tokens: 0, secondsPerToken: 0, cut: true }

/**
 * answer.start: continues a prompt with a run's original and with what it wrote, one after the other; the text comes as 'answer' events
 * too. Ends early, with what was said, when cancelled.
 * @throws ExpectedError 'run-not-found', 'run-busy' while a run works or another answer is given, 'answer-unavailable' {reason} when one of
 * the two models is not there any more, or not the one it was
 */
export async function answerStart(
  dependencies: ServiceDependencies,
  { runId, prompt, tokens }: { runId: string; prompt: string; tokens: number },
  planning: Planning,
): Promise<CallOutput<'answer.start'>> {
  const { runner } = dependencies
  const signal = answersOf(dependencies).begin(runId, busyRun(dependencies))
  const said: CallOutput<'answer.start'> = { original: SILENCE, shrunk: SILENCE }
  try {
    const outcome = await runner.execute(await answerJob(dependencies, readRun(dependencies.store, runId), prompt, tokens, planning), {
      signal,
      onEvent: (event) => {
        if (event.kind !== 'answer') return
        const { side, text, done, answer } = event
        said[side] = answer
        runner.tell({ kind: 'answer', runId, side, text, done })
      },
    })
    if (outcome.kind === 'failed' || outcome.kind === 'crashed') throw fromErrorShape(outcome.error)
    return said
  } finally {
    answersOf(dependencies).end(runId)
  }
}

/** A run that has the engine now, or null. */
function busyRun({ runner, store }: ServiceDependencies): string | null {
  return runner.atWork()[0] ?? listRuns(store).find(({ state }) => WORKING.includes(state))?.id ?? null
}

async function answerJob(
  dependencies: ServiceDependencies,
  run: RunDetail,
  prompt: string,
  tokens: number,
  planning: Planning,
): Promise<Job> {
  const { plan, report, recipe, summary } = run
  const { modelPath, preTokenizer } = recipe
  const unavailable: Unavailable = (why) => new ExpectedError('answer-unavailable', why)
  if (summary.importedAt !== null) throw unavailable({ reason: 'imported' })
  if (summary.state !== 'done' || report === null) throw unavailable({ reason: 'not-done', state: summary.state })
  await requireWritten(report, unavailable)
  await planning.ask('open', { modelPath, preTokenizer }, foldersOf(dependencies)).catch((error: unknown) => {
    throw error instanceof ExpectedError ? unavailable({ reason: 'model-gone', path: modelPath, code: error.code }) : error
  })
  return {
    kind: 'answer',
    recipe,
    folders: foldersOf(dependencies),
    file: report.file.path,
    format: report.format ?? (plan === null ? 'gguf' : plan.format),
    fingerprint: plan?.model ?? null,
    prompt,
    tokens,
  }
}

/** What the run wrote must still be what its report is about. */
async function requireWritten({ file, format = 'gguf' }: NonNullable<RunDetail['report']>, unavailable: Unavailable): Promise<void> {
  const facts = await stat(file.path).catch(() => null) // gone, or out of reach
  if (facts === null) throw unavailable({ reason: 'file-gone', path: file.path })
  const isSame =
    facts.isDirectory() === (format !== 'gguf') &&
    (await bytesWritten(file.path, format)) === file.bytes &&
    (format !== 'gguf' || file.bytes > HASHED_BYTES || (await sha256OfRange(file.path, 0, file.bytes)) === file.sha256)
  if (!isSame) throw unavailable({ reason: 'file-changed', path: file.path })
}
