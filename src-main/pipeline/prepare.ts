import { modelFingerprint } from '../calibration/fingerprint.ts'
import { ExpectedError } from '../contract/errors.ts'
import type { Plan } from '../contract/plan.ts'
import type { BudgetBreakdown } from '../contract/recipe.ts'
import { budgetOf, planLimitOf, outlineOf, requireFeasible, sizeInput } from './budget-of.ts'
import { calibrate } from './calibrate.ts'
import type { Calibration } from './calibrate.ts'
import type { Emit } from './events.ts'
import { finishPhases } from './finish-phases.ts'
import type { Gate } from './gate.ts'
import type { Job } from './job.ts'
import { measureErrors } from './measure-errors.ts'
import { measureLayers } from './measure-layers.ts'
import { checkOutput, chooseOutput } from './output.ts'
import { preparePhases } from './prepare-phases.ts'
import { trackProgress } from './progress.ts'
import type { RunProgress } from './progress.ts'
import { highsSolver } from './solver.ts'
import { readWindows } from './text.ts'
import { renderSample } from '../text/template-sample.ts'
import type { Tokenizer } from '../text/tokenizer.ts'
import { openTools } from './tools.ts'
import type { Tools } from './tools.ts'
import { wayOf } from './way.ts'

type PrepareJob = Extract<Job, { kind: 'prepare' }>

/** What planning works with. */
interface PlanWork {
  readonly job: PrepareJob
  readonly tools: Tools
  readonly windows: readonly Int32Array[]
  readonly signal: AbortSignal
  readonly progress: RunProgress
  /** For a trial: rows looked at in each tensor in place of the usual ones, none of which is then tried out in the model. */
  readonly rows?: number
}

/** open, calibrate, plan: everything up to the plan, before any weight is written. */
export async function prepare(job: PrepareJob, signal: AbortSignal, emit: Emit, gate: Gate | null = null): Promise<void> {
  emit({ kind: 'stage', stage: 'open', state: 'started' })
  const tools = await openTools(job, gate)
  try {
    emit({ kind: 'opened', model: tools.source.summary })
    const { name, layers, experts } = tools.source.summary
    emit({
      kind: 'log',
      level: 'info',
      line: { say: 'opened', name, layers, experts, device: tools.forward.device, kernels: tools.kernels.name },
    })
    if (tools.kernelsMissing !== null) emit({ kind: 'log', level: 'warn', line: { say: 'slow-kernels', why: { ...tools.kernelsMissing } } })
    const budget = job.stopAfter === 'plan' ? requireFeasible(budgetOf(job.recipe, tools.source)) : null
    if (budget !== null)
      await checkOutput(job.recipe, wayOf(job.recipe).format, Math.min(budget.fileBytes, budget.largestBytes), job.folders)
    await warnOfTemplate(tools.source.tokenizer, emit)
    signal.throwIfAborted()
    emit({ kind: 'stage', stage: 'open', state: 'finished' })
    if (job.stopAfter === 'open') return

    const text = await readWindows(job.recipe, tools.source, job.folders)
    const windows = text.calibration
    tellShortText(windows, job.recipe.calibrationTokens, emit)
    const phases = preparePhases(job.recipe, tools.source, windows)
    const later = job.goesOn === true ? finishPhases(job.recipe, tools.source, text, null) : null
    const progress = trackProgress(
      [
        phases.calibrate,
        ...(budget === null ? [] : [phases.measure]),
        ...(later === null ? [] : [later.encode, later.evaluate, later.verify]),
      ],
      tools.source.model.shape.layers,
      emit,
    )
    progress.enter(phases.calibrate)
    const calibration = await calibrate({ job, tools, windows, signal, emit, progress })
    progress.at(1)
    if (budget === null) return

    emit({ kind: 'stage', stage: 'plan', state: 'started' })
    progress.enter(phases.measure)
    const plan = {
      ...(await planMeasured({ job, tools, windows, signal, progress }, calibration, budget)),
      model: await modelFingerprint(tools.source.model),
    }
    const outPath = await chooseOutput(job.recipe, tools.source.facts.name, plan, job.folders)
    progress.at(1)
    emit({ kind: 'planned', plan, outPath })
    emit({
      kind: 'log',
      level: 'info',
      line: { say: 'planned', bytes: plan.bytes, budgetBytes: plan.budgetBytes, expectedError: plan.expectedError },
    })
    emit({ kind: 'stage', stage: 'plan', state: 'finished' })
  } finally {
    await tools.close()
  }
}

/** A template that cannot be rendered is carried over as it is: the model may still be of use without it. */
async function warnOfTemplate(tokenizer: Tokenizer, emit: Emit): Promise<void> {
  try {
    await renderSample(tokenizer)
  } catch (error) {
    if (!(error instanceof ExpectedError) || error.code !== 'template-invalid') throw error
    emit({ kind: 'log', level: 'warn', line: { say: 'template-broken', why: error.details } })
  }
}

/** Says when the text holds less than was asked for: rare experts then rest on fewer tokens. */
function tellShortText(windows: readonly Int32Array[], wanted: number, emit: Emit): void {
  const tokens = windows.reduce((sum, window) => sum + window.length, 0)
  if (tokens < wanted) emit({ kind: 'log', level: 'info', line: { say: 'text-short', tokens, wanted } })
}

/** Whatever the way needs measured, then its plan. */
export async function planMeasured(work: PlanWork, calibration: Calibration, budget: BudgetBreakdown): Promise<Plan> {
  const {
    job: { recipe },
    tools,
  } = work
  const way = wayOf(recipe)
  const measurements = await measureLayers({ ...work, way, calibration, parameters: recipe.parameters, seed: recipe.seed })
  const solve = highsSolver()
  try {
    const basics = {
      limit: planLimitOf(recipe, budget),
      measurements,
      statistics: calibration.statistics,
      parameters: recipe.parameters,
      seed: recipe.seed,
      originalBytes: tools.source.facts.bytes,
      solve,
    }
    if (way.format !== 'gguf') return await way.forms.plan({ ...basics, outline: outlineOf(tools.source.model), format: way.format })
    const errors = await measureErrors({
      ...work,
      calibration,
      seed: recipe.seed,
      needed: work.rows === undefined && way.blocks.needs.includes('encode-errors'),
    })
    return await way.blocks.plan({ ...basics, ...sizeInput(tools.source, recipe.parameters), errors, budgetBytes: budget.fileBytes })
  } finally {
    await solve.close()
  }
}
