import { Worker } from 'node:worker_threads'
import { ExpectedError, fromErrorShape } from '../contract/errors.ts'
import type { JobFolders } from './job.ts'
import type { PlanningAnswer, PlanningKind, PlanningMessage, PlanningQuestions } from './planning-questions.ts'

/** Asks for one caller. Equal questions that wait share an answer. */
export interface Planning {
  /** @throws ExpectedError what the question meets, or 'planning-stopped' {reason, seconds?} when its thread had to be replaced */
  ask<K extends PlanningKind>(kind: K, input: PlanningQuestions[K]['input'], folders: JobFolders): Promise<PlanningQuestions[K]['answer']>
  /** Gives up what was asked: nobody waits for it any more. */
  leave(): void
}

/** Threads that answer without a run, shared by all callers. */
export interface PlanningThreads {
  /** For a caller of its own, whose slow questions delay no other's. */
  open(): Planning
  /** Ends all threads. What is still asked is 'app-closing'. */
  close(): void
}

/** Bounds of a question and of all of them. */
export interface PlanningLimits {
  /** Callers answered at once, of each one question of either haste. */
  readonly threads: number
  /** Longer than any honest model and disk takes; a thread that needs more is replaced. */
  readonly seconds: number
  /** Memory of a thread's own heap. */
  readonly megabytes: number
}

const LIMITS: PlanningLimits = { threads: 4, seconds: 180, megabytes: 2048 }

/** Threads that are kept with what they know while nobody asks: one of either haste. */
const KEPT_IDLE = 2

/** Answered from headers at once: these do not wait behind a caller's own plans. */
const QUICK: ReadonlySet<PlanningKind> = new Set<PlanningKind>(['open', 'explain'])

interface Question {
  readonly key: string
  readonly message: PlanningMessage
  readonly answered: PromiseWithResolvers<unknown>
}

/** Questions of one caller, answered one after the other. */
interface Lane {
  readonly waiting: Question[]
  /** What it asked last. */
  last: PlanningKind | null
  atWork: { readonly question: Question; readonly thread: Worker } | null
}

/**
 * No thread is started before the first question; none keeps a process that has no question from ending.
 * @param start makes a thread; for tests
 */
export function openPlanning(limits: Partial<PlanningLimits> = {}, start: (megabytes: number) => Worker = startThread): PlanningThreads {
  const { threads: most, seconds, megabytes } = { ...LIMITS, ...limits }
  const idle: Worker[] = []
  /** Lanes with questions and no thread, the one that has waited longest first. */
  const ready: Lane[] = []
  const lanes = new Set<Lane>()

  const work = (lane: Lane): void => {
    // Of two kinds that wait they take turns: a preview does not wait behind all plans of a slider.
    const other = lane.waiting.findIndex(({ message }) => message.kind !== lane.last)
    const [question] = lane.waiting.splice(Math.max(0, other), 1)
    if (question === undefined) return
    lane.last = question.message.kind
    const thread = idle.pop() ?? start(megabytes)
    lane.atWork = { question, thread }
    const end = (kept: boolean): void => {
      clearTimeout(timer)
      thread.off('message', hear).off('error', fail).off('exit', die)
      thread.unref()
      lane.atWork = null
      if (kept && idle.length < KEPT_IDLE) idle.push(watchIdle(thread, idle))
      else void thread.terminate()
      turn(lane)
    }
    const give = (error: unknown): void => {
      question.answered.reject(error)
      end(false)
    }
    const hear = (message: PlanningAnswer): void => {
      if ('error' in message) question.answered.reject(fromErrorShape(message.error))
      else question.answered.resolve(message.answer)
      end(true)
    }
    const fail = (error: unknown): void => give(isOutOfMemory(error) ? new ExpectedError('planning-stopped', { reason: 'memory' }) : error)
    const die = (): void => give(new Error('the planning thread ended'))
    const timer = setTimeout(() => give(new ExpectedError('planning-stopped', { reason: 'time', seconds })), seconds * 1000)
    thread.ref()
    thread.on('message', hear).on('error', fail).on('exit', die)
    thread.postMessage(question.message)
  }
  /** Puts a lane in line, and gives free threads to who is first in it. */
  const turn = (lane: Lane): void => {
    if (lane.atWork === null && lane.waiting.length > 0 && !ready.includes(lane)) ready.push(lane)
    while (ready.length > 0 && [...lanes].filter(({ atWork }) => atWork !== null).length < most) {
      const next = ready.shift()
      if (next !== undefined) work(next)
    }
  }
  const empty = (lane: Lane): void => {
    const left = new ExpectedError('app-closing')
    for (const question of lane.waiting.splice(0)) question.answered.reject(left)
    const { atWork } = lane
    lanes.delete(lane)
    if (ready.includes(lane)) ready.splice(ready.indexOf(lane), 1)
    if (atWork === null) return
    atWork.question.answered.reject(left)
    void atWork.thread.terminate() // its exit ends the question
  }
  return {
    open: () => {
      const own = { quick: newLane(), slow: newLane() }
      return {
        ask: (kind, input, folders) => {
          const lane = QUICK.has(kind) ? own.quick : own.slow
          lanes.add(lane)
          const question = ask(lane, { kind, input, folders } as PlanningMessage) // a kind and its own input
          turn(lane)
          return question.answered.promise as Promise<PlanningQuestions[typeof kind]['answer']> // the thread answers each by its kind
        },
        leave: () => {
          for (const lane of [own.quick, own.slow]) empty(lane)
        },
      }
    },
    close: () => {
      for (const lane of [...lanes]) empty(lane)
      for (const thread of idle.splice(0)) void thread.terminate()
    },
  }
}

function newLane(): Lane {
  return { waiting: [], last: null, atWork: null }
}

function ask(lane: Lane, message: PlanningMessage): Question {
  const key = JSON.stringify(message)
  const same = [lane.atWork?.question, ...lane.waiting].find((question) => question?.key === key)
  if (same !== undefined) return same
  const question = { key, message, answered: Promise.withResolvers<unknown>() }
  lane.waiting.push(question)
  return question
}

function startThread(megabytes: number): Worker {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  // Words that started this process are no words for a thread.
  const options = { execArgv: [], resourceLimits: { maxOldGenerationSizeMb: megabytes } }
  return new Worker(new URL(`./planning-worker.${extension}`, import.meta.url), options)
}

/** A thread that dies while nobody asks is not asked again. */
function watchIdle(thread: Worker, idle: Worker[]): Worker {
  const forget = (): void => {
    if (idle.includes(thread)) idle.splice(idle.indexOf(thread), 1)
  }
  return thread.on('error', forget).on('exit', forget)
}

function isOutOfMemory(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY'
}
