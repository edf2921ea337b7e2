import { mkdir, readdir, stat, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import type { ModelShape } from '../../src-main/architectures/architecture.ts'
import type { Plan } from '../../src-main/contract/plan.ts'
import { Recipe } from '../../src-main/contract/recipe.ts'
import type { Report } from '../../src-main/contract/report.ts'
import type { JournalRow } from '../../src-main/contract/run.ts'
import type { Job, JobEvent, JobFolders } from '../../src-main/pipeline/job.ts'
import { runJob } from '../../src-main/pipeline/run-job.ts'
import { seededRandom } from '../../src-main/tensor/random.ts'
import { writeTinyCheckpoint } from '../fixtures/tiny-checkpoint.ts'

/** A tiny checkpoint with text to learn from and to be judged on, and a work folder. */
export interface JobExample {
  readonly root: string
  readonly model: string
  readonly folders: JobFolders
}

/** Makes an example in `root`, which exists. `shards` above 1 gives the checkpoint an index. */
export async function makeExample(root: string, shape: Partial<ModelShape>, shards = 1): Promise<JobExample> {
  const model = join(root, 'model')
  await writeTinyCheckpoint(model, { shape, shards, tokenizer: true })
  const folders: JobFolders = {
    calibrations: join(root, 'calibrations'),
    outputs: join(root, 'outputs'),
    resources: join(root, 'resources'),
  }
  await mkdir(folders.calibrations)
  await mkdir(folders.outputs)
  await mkdir(join(folders.resources, 'text'), { recursive: true })
  await writeFile(join(folders.resources, 'text', 'calibration.txt'), words(1, 700))
  await writeFile(join(folders.resources, 'text', 'heldout.txt'), words(2, 700))
  return { root, model, folders }
}

/** Lines of made-up words; another seed, other words. */
export function words(seed: number, count: number): string {
  const random = seededRandom(seed)
  const letter = () => String.fromCharCode(97 + Math.floor(random() * 26))
  const word = () => Array.from({ length: 2 + Math.floor(random() * 6) }, letter).join('')
  return Array.from({ length: count }, (_, i) => word() + (i % 12 === 11 ? '.\n' : ' ')).join('')
}

/** A recipe for the example: little text, one thread, the processor. */
export function recipeOf(example: JobExample, changes: Partial<Recipe> = {}): Recipe {
  return Recipe.parse({
    modelPath: example.model,
    budget: { kind: 'percent', percent: 50 },
    calibrationTokens: 256,
    heldOutTokens: 256,
    windowTokens: 64,
    device: 'cpu',
    threads: 1,
    ...changes,
  })
}

/** The job that plans `recipe`. */
export function prepareJob({ folders }: JobExample, recipe: Recipe, stopAfter: 'open' | 'calibrate' | 'plan' = 'plan'): Job {
  return { kind: 'prepare', recipe, folders, stopAfter }
}

/** What a prepared run is finished with. */
export interface Prepared {
  readonly plan: Plan
  readonly outPath: string
  readonly calibrationPath: string
}

/** The job that writes and judges what was prepared. */
export function finishJob(
  { folders }: JobExample,
  recipe: Recipe,
  prepared: Prepared,
  journal: readonly JournalRow[] = [],
): Extract<Job, { kind: 'finish' }> {
  return { kind: 'finish', recipe, folders, ...prepared, journal, ownsPartial: true }
}

/** Everything a job tells. `onEvent` hears it as it comes. */
export async function eventsOfJob(
  job: Job,
  signal = new AbortController().signal,
  onEvent: (event: JobEvent) => void = () => undefined,
): Promise<JobEvent[]> {
  const events: JobEvent[] = []
  for await (const event of runJob(job, signal)) {
    events.push(event)
    onEvent(event)
  }
  return events
}

/** The events of one kind. */
export function ofKind<K extends JobEvent['kind']>(events: readonly JobEvent[], kind: K): Extract<JobEvent, { kind: K }>[] {
  return events.filter((event): event is Extract<JobEvent, { kind: K }> => event.kind === kind)
}

/** Plans `recipe`. */
export async function prepared(example: JobExample, recipe: Recipe): Promise<Prepared> {
  return preparedBy(await eventsOfJob(prepareJob(example, recipe)))
}

/** What the events of a prepare job say. */
export function preparedBy(events: readonly JobEvent[]): Prepared {
  const [planned] = ofKind(events, 'planned')
  const [calibrated] = ofKind(events, 'calibrated')
  if (planned === undefined || calibrated === undefined) throw new Error('the job gave no plan')
  return { plan: planned.plan, outPath: planned.outPath, calibrationPath: calibrated.path }
}

/** The report among events. */
export function reportOf(events: readonly JobEvent[]): Report {
  const [reported] = ofKind(events, 'reported')
  if (reported === undefined) throw new Error('the job gave no report')
  return reported.report
}

/** Every file below `folder` with its size and the time it was written. */
export async function filesIn(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
  const rows = await Promise.all(
    files.map(async (file) => {
      const { size, mtimeMs } = await stat(file)
      return [relative(folder, file), `${size} ${mtimeMs}`] as const
    }),
  )
  return Object.fromEntries(rows)
}
