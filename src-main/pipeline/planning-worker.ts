/** A worker thread that answers what a recipe would give: planning blocks for tenths of a second, which the process that serves the window may not. */
import { parentPort } from 'node:worker_threads'
import { toErrorShape } from '../contract/errors.ts'
import { qualityCurve } from './curve.ts'
import { fitsOf } from './fit.ts'
import { knownSource } from './known-source.ts'
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
    const known = await knownSource(recipe.modelPath)
    const answer: PlanningQuestions[keyof PlanningQuestions] = kind === 'curve' ? await qualityCurve(recipe, known, folders) : await fitsOf(recipe, known, folders)
    return { id, answer }
  } catch (error) {
    return { id, error: toErrorShape(error) }
  }
}
