import { Worker } from 'node:worker_threads'
import { checkProgram, tally } from '../allocation/integer-program.ts'
import type { ChoiceProgram, ChoiceSolution, ChoiceSolver } from '../allocation/integer-program.ts'
import { ExpectedError } from '../contract/errors.ts'

/** A program for the thread. */
export interface SolveRequest {
  readonly program: ChoiceProgram
  /** Relative. */
  readonly gap: number
  readonly timeLimitSeconds: number
  /** Partial answers the sweep may keep; 0 leaves it to HiGHS alone. */
  readonly sweepStates: number
}

/** What the thread tells: answers that get better, the last one final; or that there is none. */
export type SolveAnswer =
  | { readonly kind: 'infeasible'; readonly smallest: number }
  | {
      readonly kind: 'known'
      readonly picks: readonly number[]
      /** No answer costs less. */
      readonly bound: number
      readonly final: boolean
    }

/** Relative to the objective: as near as HiGHS tells answers apart, in programs scaled for it. */
const ACCURACY = 1e-9

/** HiGHS looks at the clock now and then only; beyond this it is not waited for. */
const GRACE_SECONDS = 10

/** Enough that sweeps stay exact on every model seen; more would take long where they do not. */
const SWEEP_STATES = 2000

/**
 * Solves integer programs on a thread of its own, started at the first program: a greedy answer, an exact sweep over the options a better
 * answer could hold, and HiGHS, started from the best answer so far (MIP start), for what the sweep leaves open. What comes back is counted
 * anew here: it holds every constraint and is never worse than the greedy answer. At the time limit the best answer known is returned, not
 * proven, with its gap. Aborting ends the thread; the next program starts another. Equal programs give equal picks unless the limit was
 * reached. Close it in `finally`.
 */
export function highsSolver({ sweepStates = SWEEP_STATES }: { sweepStates?: number } = {}): ChoiceSolver & { close(): Promise<void> } {
  let worker: Worker | null = null
  let tail: Promise<unknown> = Promise.resolve()
  let closed = false
  const stop = async (): Promise<void> => {
    const stopped = worker
    worker = null
    await stopped?.terminate()
  }
  const open = (): Worker => {
    const opened = openWorker()
    const gone = (): void => {
      if (worker === opened) worker = null
    }
    return opened.on('error', gone).on('exit', gone)
  }
  const solve: ChoiceSolver = async (program, { timeLimitSeconds, gap = 0, signal }) => {
    if (closed) throw new Error('the solver is closed')
    signal?.throwIfAborted()
    checkProgram(program)
    const begun = performance.now()
    worker ??= open()
    let answer: SolveAnswer | null = null
    try {
      answer = await answerOf(worker, { program, gap, timeLimitSeconds, sweepStates }, signal)
    } finally {
      // Without a final answer the thread is still at work, or gone.
      if (answer === null || (answer.kind === 'known' && !answer.final)) await stop()
    }
    if (answer.kind === 'infeasible') throw new ExpectedError('budget-too-small', { capacity: program.capacity, smallest: answer.smallest })
    return judge(program, answer, gap, (performance.now() - begun) / 1000)
  }
  const inTurn: ChoiceSolver = (program, options) => {
    const answer = tail.then(() => solve(program, options))
    tail = answer.catch(() => undefined)
    return answer
  }
  const close = (): Promise<void> => {
    closed = true
    return stop()
  }
  return Object.assign(inTurn, { close })
}

/** The answer added up again; a broken constraint is a bug, whoever made it. */
function judge(
  program: ChoiceProgram,
  { picks, bound }: Extract<SolveAnswer, { kind: 'known' }>,
  asked: number,
  seconds: number,
): ChoiceSolution {
  const { objective, feasible } = tally(program, picks)
  if (!feasible) throw new Error('the answer breaks a constraint')
  const below = Math.min(bound, objective)
  const gap = objective === 0 ? 0 : (objective - below) / objective
  return { picks, objective, bound: below, gap, seconds, proven: gap <= Math.max(asked, ACCURACY) }
}

function openWorker(): Worker {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  return new Worker(new URL(`./solve-worker.${extension}`, import.meta.url))
}

/** The final answer, or, when the time is up, the best one told so far. */
function answerOf(worker: Worker, request: SolveRequest, signal: AbortSignal | undefined): Promise<SolveAnswer> {
  return new Promise((resolve, reject) => {
    const listening = new AbortController()
    let known: SolveAnswer | null = null
    const settle = (): void => {
      clearTimeout(timer)
      listening.abort()
      worker.off('message', told).off('error', failed).off('exit', ended)
    }
    const told = (answer: SolveAnswer): void => {
      known = answer
      if (answer.kind === 'infeasible' || answer.final) {
        settle()
        resolve(answer)
      }
    }
    const failed = (error: unknown): void => {
      settle()
      reject(error instanceof Error ? error : new Error(String(error)))
    }
    const ended = (): void => {
      failed(new Error('the solving thread ended'))
    }
    const late = (): void => {
      if (known === null) return failed(new Error('the solving thread found no answer in time'))
      settle()
      resolve(known)
    }
    const timer = setTimeout(late, (request.timeLimitSeconds + GRACE_SECONDS) * 1000)
    worker.on('message', told).on('error', failed).on('exit', ended)
    signal?.addEventListener(
      'abort',
      () => {
        failed(signal.reason)
      },
      { signal: listening.signal },
    )
    worker.postMessage(request)
  })
}
