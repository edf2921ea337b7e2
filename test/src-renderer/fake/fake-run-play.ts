import * as z from 'zod'
import { CALLS } from '../../../src-main/contract/calls.ts'
import { ExpectedError } from '../../../src-main/contract/errors.ts'
import type { RunEvent } from '../../../src-main/contract/events.ts'
import type { ModelSummary } from '../../../src-main/contract/model.ts'
import { Recipe } from '../../../src-main/contract/recipe.ts'
import type { RunDetail, RunSummary, Stage } from '../../../src-main/contract/run.ts'
import { fakeGauges } from './fake-gauges.ts'
import { fakeLearning } from './fake-learning.ts'
import { fakePlanOf, fakeReport } from './fake-runs.ts'

/** What the runs are played on. */
export interface FakeStage {
  readonly runs: Map<string, RunDetail>
  readonly pace: number
  emit(event: RunEvent): void
  modelAt(path: string): ModelSummary
  runAt(runId: string): RunDetail
}

interface Step {
  readonly stage: Stage
  readonly layer: number | null
  readonly activity: string
  readonly act: () => void
}
const ById = z.object({ runId: z.string() })

/** Tokens routed to each expert of a layer after `rounds` of text; a few experts stay cold. */
export function fakeTokens(layer: number, experts: number, rounds = 1): number[] {
  return Array.from({ length: experts }, (_, expert) => Math.floor(rounds * 4000 * Math.abs(Math.sin(layer * 7.1 + expert * 1.7)) ** 2.2))
}

/** Answers every call that moves a run, and plays what follows, `pace` milliseconds a step. */
export function createFakePlay(stage: FakeStage): Record<string, (input: never) => unknown> {
  const { runs, pace, emit, modelAt, runAt } = stage
  const timers = new Map<string, ReturnType<typeof setInterval>>()
  const pausing = new Set<string>()
  const oneGo = new Set<string>()
  let number = 100

  function change(run: RunDetail, summary: Partial<RunSummary>): void {
    run.summary = { ...run.summary, ...summary, updatedAt: new Date().toISOString() }
    if (summary.state) emit({ kind: 'state', runId: run.summary.id, state: summary.state, error: run.error })
  }

  function rest(run: RunDetail, state: 'paused' | 'cancelled'): void {
    clearInterval(timers.get(run.summary.id))
    pausing.delete(run.summary.id)
    change(run, { state })
  }

  /** Plays the steps one by one, the first at once. */
  function play(run: RunDetail, steps: readonly Step[], end: () => void): void {
    const runId = run.summary.id
    let index = 0
    const tick = (): void => {
      const step = steps[index]
      if (step && (run.summary.stage !== step.stage || index === 0)) {
        change(run, { stage: step.stage })
        emit({ kind: 'stage', runId, stage: step.stage, state: 'started' })
      }
      step?.act()
      index += 1
      emit({ kind: 'gauges', runId, gauges: fakeGauges(Math.round((index * pace) / 100)) })
      const eta = ((steps.length - index) * pace) / 1000
      emit({
        kind: 'progress',
        runId,
        stage: run.summary.stage,
        done: index,
        total: steps.length,
        elapsedSeconds: (index * pace) / 1000,
        etaSeconds: eta,
        etaRange: index < 3 ? null : { low: eta * 38, high: eta * 55 },
        layer: step?.layer ?? null,
        layers: run.model?.layers ?? 0,
        activity: step?.activity ?? 'measure',
        memoryBytes: 1.4e9 + 1e7 * (index % 9),
      })
      if (pausing.has(runId)) return rest(run, 'paused')
      if (index < steps.length) return
      clearInterval(timers.get(runId))
      end()
    }
    timers.set(runId, setInterval(tick, pace))
  }

  function prepare(run: RunDetail): void {
    const model = modelAt(run.recipe.modelPath)
    const seen = [...runs.values()].some((other) => other !== run && other.recipe.modelPath === model.path && other.plan)
    const layers = Array.from({ length: model.layers }, (_, layer): Step => ({
      stage: 'calibrate',
      layer,
      activity: layer % 2 ? 'attention' : 'experts',
      act: () => emit({ kind: 'coverage', runId: run.summary.id, coverage: { layer, tokens: fakeTokens(layer, model.experts) } }),
    }))
    const quiet = { layer: null, activity: 'measure', act: () => undefined }
    play(run, [{ stage: 'open', ...quiet }, ...layers, { stage: 'plan', ...quiet }], () => {
      run.plan = fakePlanOf(run.recipe, model)
      const planned = {
        stage: 'plan',
        calibration: seen ? 'reused' : 'measured',
        planBytes: run.plan.bytes,
        budgetBytes: run.plan.budgetBytes,
      } as const
      if (!oneGo.has(run.summary.id)) return change(run, { ...planned, state: 'planned' })
      change(run, { ...planned, state: 'running' })
      finish(run)
    })
  }

  function finish(run: RunDetail): void {
    const model = modelAt(run.recipe.modelPath)
    const { plan } = run
    if (!plan) throw new ExpectedError('run-not-resumable', { runId: run.summary.id, state: run.summary.state })
    const todo = [null, ...Array.from({ length: model.layers }, (_, layer): number | null => layer)].filter(
      (layer) => !run.journal.some((row) => row.layer === layer),
    )
    const write = (layer: number | null) => () => {
      const row = {
        layer,
        finishedAt: new Date().toISOString(),
        bytes: Math.round(plan.bytes / (model.layers + 1)),
        sha256: 'cd'.repeat(32),
        seconds: 19.8 + (layer ?? 0) / 10,
      }
      run.journal = [...run.journal, row]
      emit({ kind: 'layer', runId: run.summary.id, row })
      emit({
        kind: 'log',
        runId: run.summary.id,
        level: layer === 3 ? 'warn' : 'info',
        line:
          layer === 3
            ? { say: 'experts-rare', rare: 17, experts: 6144, tokens: 32 }
            : { say: 'layer-written', layer, bytes: row.bytes, seconds: row.seconds },
      })
      if (plan.method === 'mobe' && layer !== null) for (const event of fakeLearning(run.summary.id, layer + 1, model)) emit(event)
    }
    const writing = todo.map((layer): Step => ({ stage: 'compress', layer, activity: 'encode', act: write(layer) }))
    const judging = Array.from({ length: model.layers }, (_, layer): Step => ({
      stage: 'report',
      layer,
      activity: 'evaluate',
      act: () => undefined,
    }))
    play(run, [...writing, ...judging], () => {
      run.report = fakeReport(plan, model)
      change(run, {
        state: 'done',
        stage: 'report',
        outExists: true,
        outPath: run.report.file.path,
        klDivergence: run.report.quality.klDivergence.mean,
        perplexityRatio: 1.0097,
      })
    })
  }

  function free(): void {
    if ([...runs.values()].some((run) => ['preparing', 'running'].includes(run.summary.state))) throw new ExpectedError('run-busy', {})
  }

  function create(recipe: Recipe): RunDetail {
    free()
    const model = modelAt(recipe.modelPath)
    const at = new Date().toISOString()
    const run: RunDetail = {
      recipe,
      model,
      plan: null,
      report: null,
      journal: [],
      error: null,
      summary: {
        id: `r${(number += 1)}`,
        createdAt: at,
        updatedAt: at,
        modelName: model.name,
        modelPath: model.path,
        method: recipe.method,
        format: recipe.format,
        state: 'preparing',
        stage: 'open',
        calibration: null,
        budgetBytes: null,
        planBytes: null,
        originalBytes: model.bytes,
        outPath: null,
        outExists: false,
        klDivergence: null,
        perplexityRatio: null,
        tags: [],
        note: '',
        starred: false,
        importedAt: null,
      },
    }
    runs.set(run.summary.id, run)
    return run
  }

  return {
    'run.prepare': (input: unknown) => {
      const run = create(Recipe.parse(input))
      prepare(run)
      return run.summary
    },
    'run.begin': (input: unknown) => {
      const { recipe, check } = CALLS['run.begin'].input.parse(input)
      const run = create(recipe)
      run.check = check
      oneGo.add(run.summary.id)
      prepare(run)
      return run.summary
    },
    'run.start': (input: unknown) => {
      free()
      const run = runAt(ById.parse(input).runId)
      change(run, { state: 'running', stage: 'compress' })
      finish(run)
      return run.summary
    },
    'run.pause': (input: unknown) => {
      const { runId, when } = CALLS['run.pause'].input.parse(input)
      if (when === 'now') rest(runAt(runId), 'paused')
      else pausing.add(runId)
      return runAt(runId).summary
    },
    'run.priority': (input: unknown) => {
      CALLS['run.priority'].input.parse(input)
      return {}
    },
    'run.cancel': (input: unknown) => {
      const { runId, keep } = CALLS['run.cancel'].input.parse(input)
      const run = runAt(runId)
      if (!keep) run.journal = []
      rest(run, 'cancelled')
      return run.summary
    },
    'run.resume': (input: unknown) => {
      free()
      const run = runAt(ById.parse(input).runId)
      run.error = null
      change(run, { state: run.plan ? 'running' : 'preparing' })
      if (run.plan) finish(run)
      else prepare(run)
      return run.summary
    },
  }
}
