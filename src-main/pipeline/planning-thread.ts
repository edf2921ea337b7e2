import { Worker } from 'node:worker_threads'
import type { QualityCurve, TextPreview } from '../contract/curve.ts'
import type { ErrorShape } from '../contract/error-shape.ts'
import { fromErrorShape } from '../contract/errors.ts'
import type { Recipe } from '../contract/recipe.ts'
import type { PlannedFit } from './fit.ts'
import type { JobFolders } from './job.ts'
import type { LearningCost } from './learning-cost.ts'

/** What the thread is asked, and what it answers. */
export interface PlanningQuestions { readonly curve: QualityCurve; readonly fits: readonly PlannedFit[]; readonly cost: LearningCost; readonly preview: TextPreview }

export interface PlanningMessage { readonly id: number; readonly kind: keyof PlanningQuestions; readonly recipe: Recipe; readonly folders: JobFolders }
export type PlanningAnswer = { readonly id: number; readonly answer: PlanningQuestions[keyof PlanningQuestions] } | { readonly id: number; readonly error: ErrorShape }

/** A thread that plans without a run; it keeps nobody from ending. */
export interface Planning {
  ask<K extends keyof PlanningQuestions>(kind: K, recipe: Recipe, folders: JobFolders): Promise<PlanningQuestions[K]>
}

interface Waiting { resolve(answer: unknown): void; reject(error: unknown): void }

/** Starts the thread at the first question, and another when it died. Questions are answered in their order. */
export function openPlanning(): Planning {
  const waiting = new Map<number, Waiting>()
  let worker: Worker | null = null
  let asked = 0
  const fail = (failed: Worker, error: unknown): void => {
    if (worker === failed) worker = null
    for (const { reject } of waiting.values()) reject(error)
    waiting.clear()
  }
  const open = (): Worker => {
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
    const opened = new Worker(new URL(`./planning-worker.${extension}`, import.meta.url))
    opened.on('message', (message: PlanningAnswer) => {
      const asker = waiting.get(message.id)
      waiting.delete(message.id)
      if (waiting.size === 0) opened.unref()
      if ('error' in message) asker?.reject(fromErrorShape(message.error))
      else asker?.resolve(message.answer)
    })
    opened.on('error', (error) => { fail(opened, error) })
    opened.on('exit', () => { fail(opened, new Error('the planning thread ended')) })
    return opened
  }
  return {
    ask: (kind, recipe, folders) => new Promise((resolve, reject) => {
      const id = asked++
      // The thread answers each question by its kind, see planning-worker.ts.
      waiting.set(id, { resolve: resolve as (answer: unknown) => void, reject })
      worker ??= open()
      worker.ref()
      worker.postMessage({ id, kind, recipe, folders } satisfies PlanningMessage)
    }),
  }
}
