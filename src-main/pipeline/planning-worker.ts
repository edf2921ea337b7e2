/** A worker thread that answers what a recipe would give: planning blocks for tenths of a second, which the process that serves the window may not. */
import { parentPort } from 'node:worker_threads'
import { toErrorShape } from '../contract/errors.ts'
import type { Recipe } from '../contract/recipe.ts'
import { qualityCurve } from './curve.ts'
import { fitsOf } from './fit.ts'
import type { JobFolders } from './job.ts'
import { knownSource } from './known-source.ts'
import type { KnownSource } from './known-source.ts'
import { learningCost } from './learning-cost.ts'
import { nameAll, placeOf } from './resource-names.ts'
import { textPreview } from './text-preview.ts'
import type { PlanningAnswer, PlanningMessage, PlanningQuestions } from './planning-thread.ts'

const port = parentPort
if (port === null) throw new Error('planning-worker.ts is a worker thread')

// One after the other: they share the model opened last.
let tail: Promise<void> = Promise.resolve()
port.on('message', (message: PlanningMessage) => {
  tail = tail.then(async () => { port.postMessage(await reply(message)) })
})

async function reply({ id, kind, recipe, folders }: PlanningMessage): Promise<PlanningAnswer> {
  try {
    const known = await knownSource(placeOf(recipe.modelPath, folders.resources))
    return { id, answer: nameAll(await answer(kind, recipe, known, folders), folders.resources) }
  } catch (error) {
    return { id, error: nameAll(toErrorShape(error), folders.resources) }
  }
}

function answer(kind: PlanningMessage['kind'], recipe: Recipe, known: KnownSource, folders: JobFolders): Promise<PlanningQuestions[keyof PlanningQuestions]> {
  switch (kind) {
    case 'curve': return qualityCurve(recipe, known, folders)
    case 'fits': return fitsOf(recipe, known, folders)
    case 'cost': return learningCost(recipe, known)
    case 'preview': return textPreview(recipe, known.source, folders)
  }
}
