import { Worker } from 'node:worker_threads'
import { coreOf } from '../allocation/core-program.ts'
import type { CoreProgram } from '../allocation/core-program.ts'
import { greedyChoice, improve, smallestSize } from '../allocation/greedy-choice.ts'
import { checkProgram, tally } from '../allocation/integer-program.ts'
import type { ChoiceProgram, ChoiceSolution, ChoiceSolver, ChoiceSolverOptions } from '../allocation/integer-program.ts'
import { picksOf, programText } from '../allocation/program-text.ts'
import { ExpectedError } from '../contract/errors.ts'

/** A program for the thread: its text, a point to start from, and when to stop. */
export interface SolveRequest {
  readonly text: string
  readonly start: readonly (readonly [name: string, value: number])[]
  readonly timeLimitSeconds: number
  readonly absoluteGap: number
}

export interface SolveAnswer {
  readonly optimal: boolean
  /** The time limit was reached. */
  readonly stopped: boolean
  /** HiGHS' own number for how it ended. */
  readonly status: number
  readonly values: SolveRequest['start'] | null
  /** No better objective exists; -Infinity where nothing is known. */
  readonly bound: number
}

/** Closer than this, in a core whose known answer lies 1000 above its bound, the solver does not tell answers apart. */
const SOLVER_ACCURACY = 1e-6

/** Relative; sums of costs are no more exact than this. */
const ROUNDING = 1e-12

/** The solver looks at the clock now and then only; beyond this it is not waited for. */
const GRACE_SECONDS = 10

/**
 * Solves integer programs with HiGHS on a thread of its own, started at the first program that needs it. Each is first solved greedily, and cut down to
 * the options that a better answer could hold; HiGHS starts from the greedy answer (MIP start). What it returns is counted anew here: the answer is never
 * worse than the greedy one and holds every constraint. Aborting ends the thread; the next program starts another. Close it in `finally`.
 */
export function highsSolver(): ChoiceSolver & { close(): Promise<void> } {
  let worker: Worker | null = null
  let tail: Promise<unknown> = Promise.resolve()
  const stop = async (): Promise<void> => {
    const stopped = worker
    worker = null
    await stopped?.terminate()
  }
  const open = (): Worker => {
    const opened = openWorker()
    const gone = (): void => { if (worker === opened) worker = null }
    return opened.on('error', gone).on('exit', gone)
  }
  const ask: Ask = async (request, signal) => {
    worker ??= open()
    const answer = await answerOf(worker, request, signal).catch(async (error: unknown) => {
      await stop()
      throw error
    })
    if (answer === null) await stop()
    return answer
  }
  const solve: ChoiceSolver = (program, options) => {
    const answer = tail.then(() => solveWith(ask, program, options))
    tail = answer.catch(() => undefined)
    return answer
  }
  return Object.assign(solve, { close: stop })
}

/** Resolves to null when the time is up without an answer. */
type Ask = (request: SolveRequest, signal: AbortSignal | undefined) => Promise<SolveAnswer | null>

async function solveWith(ask: Ask, program: ChoiceProgram, { timeLimitSeconds, gap = 0, signal }: ChoiceSolverOptions): Promise<ChoiceSolution> {
  signal?.throwIfAborted()
  const begun = performance.now()
  checkProgram(program)
  const greedy = greedyChoice(program)
  if (greedy === null) throw new ExpectedError('budget-too-small', { capacity: program.capacity, smallest: smallestSize(program) })
  const core = coreOf(program, greedy)
  const objective = tally(program, greedy).objective
  const near = objective - core.bound <= Math.max(gap, ROUNDING) * objective
  if (core.free.length === 0 || near) return judge(program, greedy, core.free.length === 0 ? objective : core.bound, gap, begun)
  const absoluteGap = Math.max(gap * objective * core.scale, SOLVER_ACCURACY)
  const answer = await ask({ ...programText(core), timeLimitSeconds, absoluteGap }, signal)
  return judge(program, better(program, core, greedy, answer), boundOf(core, answer), Math.max(gap, absoluteGap / core.scale / objective), begun)
}

/** The solver's picks where they hold every constraint and cost less than the greedy ones; the greedy ones otherwise. */
function better(program: ChoiceProgram, core: CoreProgram, greedy: readonly number[], answer: SolveAnswer | null): readonly number[] {
  if (answer === null || answer.values === null) return greedy
  const found = improve(program, picksOf(core, new Map(answer.values)))
  const { feasible, objective } = tally(program, found)
  return feasible && objective < tally(program, greedy).objective ? found : greedy
}

function boundOf(core: CoreProgram, answer: SolveAnswer | null): number {
  if (answer === null) return core.bound
  if (!answer.optimal && !answer.stopped) throw new Error(`HiGHS ended with status ${answer.status} on a program that has an answer`)
  return core.bound + Math.max(0, answer.bound) / core.scale
}

function judge(program: ChoiceProgram, picks: readonly number[], bound: number, asked: number, begun: number): ChoiceSolution {
  const { objective, feasible } = tally(program, picks)
  if (!feasible) throw new Error('the answer breaks a constraint')
  const below = Math.min(bound, objective)
  const gap = objective === 0 ? 0 : (objective - below) / objective
  return { picks, objective, bound: below, gap, seconds: (performance.now() - begun) / 1000, proven: gap <= Math.max(asked, ROUNDING) }
}

function openWorker(): Worker {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  return new Worker(new URL(`./solve-worker.${extension}`, import.meta.url))
}

function answerOf(worker: Worker, request: SolveRequest, signal: AbortSignal | undefined): Promise<SolveAnswer | null> {
  return new Promise((resolve, reject) => {
    const listening = new AbortController()
    const settle = (): void => {
      clearTimeout(timer)
      listening.abort()
      worker.off('message', answered).off('error', failed).off('exit', ended)
    }
    const answered = (answer: SolveAnswer): void => { settle(); resolve(answer) }
    const failed = (error: unknown): void => { settle(); reject(error instanceof Error ? error : new Error(String(error))) }
    const ended = (): void => { failed(new Error('the solving thread ended')) }
    const timer = setTimeout(() => { settle(); resolve(null) }, (request.timeLimitSeconds + GRACE_SECONDS) * 1000)
    worker.on('message', answered).on('error', failed).on('exit', ended)
    signal?.addEventListener('abort', () => { failed(signal.reason) }, { signal: listening.signal })
    worker.postMessage(request)
  })
}
