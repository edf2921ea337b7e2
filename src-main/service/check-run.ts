import { randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { CHECK_ITEMS, type CheckItem, type CheckReport } from '../contract/check.ts'
import { ExpectedError, fromErrorShape } from '../contract/errors.ts'
import type { Recipe } from '../contract/recipe.ts'
import { methodById } from '../methods/index.ts'
import { parseParameters } from '../methods/parameters.ts'
import { outputPath } from '../pipeline/check/places.ts'
import type { Job, JobEvent } from '../pipeline/job.ts'
import { writableFolders } from '../store/writable-folders.ts'
import { memoryItem, powerItem, sleepItem, vramItem } from './check-machine.ts'
import type { ServiceDependencies } from './dependencies.ts'
import { requireReach } from './reach.ts'

/** Checks at work, by their ids. */
const checks = new WeakMap<ServiceDependencies, Map<string, AbortController>>()

/** The checks at work over `dependencies`, each with what stops it. */
export function checksOf(dependencies: ServiceDependencies): Map<string, AbortController> {
  const known = checks.get(dependencies) ?? new Map<string, AbortController>()
  checks.set(dependencies, known)
  return known
}

/** Stops every check: whoever starts a run has seen enough, and the engine is wanted. */
export function stopChecks(dependencies: ServiceDependencies): void {
  for (const abort of checksOf(dependencies).values()) abort.abort()
}

/**
 * check.run: the recipe's first layer end to end, in an engine of its own, and everything else worth knowing before hours of work. What is
 * in the way is a finding. @throws ExpectedError 'run-busy' while a run works, 'method-unknown' or 'request-invalid' for a recipe that
 * makes no sense and with `reason` 'cancelled' for a check that was, 'path-not-chosen' for what a page may not ask for
 */
export async function checkRun(
  dependencies: ServiceDependencies,
  { checkId, recipe }: { checkId: string; recipe: Recipe },
): Promise<CheckReport> {
  const { runner } = dependencies
  parseParameters(recipe.method, methodById(recipe.method).parameters, recipe.parameters)
  requireReach(dependencies, recipe)
  const [busy] = runner.atWork()
  if (busy !== undefined) throw new ExpectedError('run-busy', { runId: busy })
  const running = checksOf(dependencies)
  if (running.has(checkId)) throw new ExpectedError('request-invalid', { call: 'check.run', reason: 'check-at-work', checkId })
  const abort = new AbortController()
  running.set(checkId, abort)
  const items: CheckItem[] = []
  const say = (item: CheckItem): void => {
    items.push(item)
    runner.tell({ kind: 'check', runId: checkId, item, step: null })
  }
  try {
    const found = await lookAtAll(dependencies, { checkId, recipe, say, signal: abort.signal })
    return { ...found, items: items.toSorted((a, b) => CHECK_ITEMS.indexOf(a.id) - CHECK_ITEMS.indexOf(b.id)) }
  } finally {
    running.delete(checkId)
  }
}

interface Check {
  readonly checkId: string
  readonly recipe: Recipe
  readonly signal: AbortSignal
  say(item: CheckItem): void
}

async function lookAtAll(dependencies: ServiceDependencies, check: Check): Promise<Pick<CheckReport, 'trial' | 'seconds'>> {
  const { settings, host, machineFacts } = dependencies
  const facts = await machineFacts()
  const wished = settings.read()
  check.say(powerItem(facts))
  check.say(sleepItem(facts, wished, host.kind))
  const done = await tryOut(dependencies, check)
  if (done === null) return { trial: null, seconds: null }
  check.say(memoryItem(done, wished))
  if (done.trial.device !== 'cpu') check.say(vramItem(facts, wished))
  return { trial: done.trial, seconds: done.seconds }
}

type Checked = Extract<JobEvent, { kind: 'checked' }>

/** The engine's part. Whatever is left of its files is removed, also when it was killed. */
async function tryOut({ store, runner, resources }: ServiceDependencies, { checkId, recipe, say, signal }: Check): Promise<Checked | null> {
  const folders = foldersOr(() => ({ ...writableFolders(store), resources }), say)
  if (folders === null) return null
  const scratch = join(dirname(outputPath({ recipe, folders })), `.whittle-check-${randomUUID().slice(0, 8)}`)
  const job: Job = { kind: 'check', recipe, folders, scratch }
  let checked: Checked | null = null
  const onEvent = (event: JobEvent): void => {
    if (event.kind === 'checked') checked = event
    if (event.kind === 'check' && event.item !== null) say(event.item)
    if (event.kind === 'check' && event.step !== null) runner.tell({ kind: 'check', runId: checkId, item: null, step: event.step })
  }
  try {
    const outcome = await runner.execute(job, { signal, onEvent })
    if (signal.aborted || outcome.kind === 'aborted')
      throw new ExpectedError('request-invalid', { call: 'check.run', reason: 'cancelled', checkId })
    if (outcome.kind === 'failed' && outcome.error.code === 'internal') throw fromErrorShape(outcome.error)
    if (outcome.kind !== 'finished') say({ id: 'trial', state: 'stop', details: { error: outcome.error } })
    return checked
  } finally {
    await rm(scratch, { recursive: true, force: true, maxRetries: 3 })
  }
}

/** A folder of the settings that is gone is a finding. */
function foldersOr(find: () => Job['folders'], say: (item: CheckItem) => void): Job['folders'] | null {
  try {
    return find()
  } catch (error) {
    if (!(error instanceof ExpectedError)) throw error
    say({ id: 'disk', state: 'stop', details: { error: { code: error.code, message: error.message, details: error.details } } })
    return null
  }
}
