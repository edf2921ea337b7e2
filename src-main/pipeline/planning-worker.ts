/**
 * A worker thread that answers about models and recipes: opening a model and planning block for tenths of a second, and a hostile file for
 * longer, which the process that serves the window may not.
 */
import { parentPort } from 'node:worker_threads'
import { toErrorShape } from '../contract/errors.ts'
import { budgetOf } from './budget-of.ts'
import { qualityCurve } from './curve.ts'
import { fitsOf } from './fit.ts'
import { inspectModels } from './inspect-models.ts'
import { knownSource } from './known-source.ts'
import { learningCost } from './learning-cost.ts'
import type { PlanningAnswer, PlanningMessage } from './planning-questions.ts'
import { nameAll, resourcePlaceOf } from './resource-names.ts'
import { previewTexts } from './text-preview.ts'

const port = parentPort
if (port === null) throw new Error('planning-worker.ts is a worker thread')

port.on('message', (message: PlanningMessage) => {
  void reply(message).then((answer) => port.postMessage(answer))
})

async function reply(message: PlanningMessage): Promise<PlanningAnswer> {
  const { resources } = message.folders
  try {
    return { answer: nameAll(await answer(message), resources) }
  } catch (error) {
    return { error: nameAll(toErrorShape(error), resources) }
  }
}

async function answer({ kind, input, folders }: PlanningMessage): Promise<Extract<PlanningAnswer, { answer: unknown }>['answer']> {
  if (kind === 'find') return inspectModels(input)
  const known = await knownSource(resourcePlaceOf(input.modelPath, folders.resources), input.preTokenizer)
  switch (kind) {
    case 'open':
      return known.source.summary
    case 'explain':
      return budgetOf(input, known.source)
    case 'curve':
      return qualityCurve(input, known, folders)
    case 'fits':
      return fitsOf(input, known, folders)
    case 'cost':
      return learningCost(input, known)
    case 'preview':
      return previewTexts(input, known.source, folders)
  }
}
