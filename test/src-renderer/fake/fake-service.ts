import type { AppInfo } from '../../../src-main/contract/calls.ts'
import { ExpectedError } from '../../../src-main/contract/errors.ts'
import type { RunEvent } from '../../../src-main/contract/events.ts'
import { Recipe } from '../../../src-main/contract/recipe.ts'
import type { RunDetail, Stage } from '../../../src-main/contract/run.ts'
import { createListeners } from '../../../src-renderer/transports/listeners.ts'
import type { Transport } from '../../../src-renderer/transports/transport.ts'
import { fakeLearning } from './fake-learning.ts'
import { fakeCost, FAKE_METHODS } from './fake-methods.ts'
import { FAKE_MODELS, fakeBreakdown } from './fake-models.ts'
import { fakeHistory, fakePlanOf, fakeReport } from './fake-runs.ts'

const INFO: AppInfo = {
  version: '0.1.0', host: 'web', platform: 'linux', dataFolder: '/home/me/.local/share/whittle', demoModelPath: '/opt/whittle/resources/demo-model', memoryBytes: 34_359_738_368,
  freeMemoryBytes: 21_000_000_000, freeDiskBytes: 412_000_000_000, kernels: 'native', missing: [{ id: 'electron', details: {} }, { id: 'cuda', details: {} }], canPickFolder: false, canReveal: true, portable: false,
}
export interface FakeService extends Transport {
  readonly runs: Map<string, RunDetail>
  emit(event: RunEvent): void
  setConnected(connected: boolean): void
  /** Answers the next call of that name with an error. */
  failNext(name: string, error: Error): void
}

/** An in-memory service: answers every call and plays runs, `pace` milliseconds a step. */
export function createFakeService(options: { history?: RunDetail[]; pace?: number } = {}): FakeService {
  const { history = fakeHistory(), pace = 120 } = options
  const runs = new Map(history.map((run) => [run.summary.id, run]))
  const events = createListeners<unknown>()
  const connections = createListeners<boolean>()
  const failures = new Map<string, Error>()
  const timers = new Map<string, ReturnType<typeof setInterval>>()
  let number = 100

  const emit = (event: RunEvent): void => events.tell(event)
  const modelAt = (path: string) => {
    const model = FAKE_MODELS.find((each) => each.path === path)
    if (!model) throw new ExpectedError('folder-not-found', { folder: path })
    return model
  }
  const runAt = (runId: string): RunDetail => {
    const run = runs.get(runId)
    if (!run) throw new ExpectedError('run-not-found', { runId })
    return run
  }
  const change = (run: RunDetail, summary: Partial<RunDetail['summary']>): void => {
    run.summary = { ...run.summary, ...summary, updatedAt: new Date().toISOString() }
    if (summary.state) emit({ kind: 'state', runId: run.summary.id, state: summary.state, error: run.error })
  }

  /** Plays `steps` one by one; each is a share of the work and what is then told. */
  function play(run: RunDetail, steps: (() => void)[], stageOf: (index: number) => { stage: Stage; layer: number | null; activity: string }, end: () => void): void {
    const runId = run.summary.id
    let index = 0
    timers.set(runId, setInterval(() => {
      const { stage, layer, activity } = stageOf(index)
      if (run.summary.stage !== stage || index === 0) {
        change(run, { stage })
        emit({ kind: 'stage', runId, stage, state: 'started' })
        emit({ kind: 'log', runId, level: 'info', text: `${stage} started` })
      }
      steps[index]?.()
      index += 1
      emit({ kind: 'progress', runId, stage, done: index, total: steps.length, elapsedSeconds: (index * pace) / 1000, etaSeconds: ((steps.length - index) * pace) / 1000, layer, layers: run.model?.layers ?? 0, activity, memoryBytes: 1.4e9 + 1e7 * (index % 9) })
      if (index < steps.length) return
      clearInterval(timers.get(runId))
      end()
    }, pace))
  }

  function prepare(run: RunDetail): void {
    const model = modelAt(run.recipe.modelPath)
    const seen = [...runs.values()].some((other) => other !== run && other.recipe.modelPath === model.path && other.plan)
    const layers = Array.from({ length: model.layers }, (_, layer) => layer)
    const cover = (layer: number) => () => emit({ kind: 'coverage', runId: run.summary.id, coverage: { layer, tokens: Array.from({ length: model.experts }, (_, expert) => Math.floor(4000 * Math.abs(Math.sin(layer * 7.1 + expert * 1.7)) ** 2.2)) } })
    const steps = [() => undefined, ...layers.map(cover), () => undefined]
    play(run, steps, (index) => (index === 0 ? { stage: 'open', layer: null, activity: 'measure' } : index <= layers.length ? { stage: 'calibrate', layer: index - 1, activity: index % 2 ? 'experts' : 'attention' } : { stage: 'plan', layer: null, activity: 'measure' }), () => {
      run.plan = fakePlanOf(run.recipe, model)
      change(run, { state: 'planned', stage: 'plan', calibration: seen ? 'reused' : 'measured', planBytes: run.plan.bytes, budgetBytes: run.plan.budgetBytes })
    })
  }

  function finish(run: RunDetail): void {
    const model = modelAt(run.recipe.modelPath)
    const { plan } = run
    if (!plan) throw new ExpectedError('run-not-resumable', { reason: 'There is no plan yet.' })
    const todo = [null, ...Array.from({ length: model.layers }, (_, layer): number | null => layer)].filter((layer) => !run.journal.some((row) => row.layer === layer))
    const write = (layer: number | null) => () => {
      const row = { layer, finishedAt: new Date().toISOString(), bytes: Math.round(plan.bytes / (model.layers + 1)), sha256: 'cd'.repeat(32), seconds: 19.8 + (layer ?? 0) / 10 }
      run.journal = [...run.journal, row]
      emit({ kind: 'layer', runId: run.summary.id, row })
      if (plan.method === 'mobe' && layer !== null) for (const event of fakeLearning(run.summary.id, layer + 1, model)) emit(event)
    }
    const judging = model.layers
    play(run, [...todo.map(write), ...Array.from({ length: judging }, () => () => undefined)], (index) => (index < todo.length ? { stage: 'compress', layer: todo[index] ?? null, activity: 'encode' } : { stage: 'report', layer: index - todo.length, activity: 'evaluate' }), () => {
      run.report = fakeReport(plan, model)
      change(run, { state: 'done', stage: 'report', outExists: true, outPath: run.report.file.path, klDivergence: run.report.quality.klDivergence.mean, perplexityRatio: 1.0097 })
    })
  }

  function busy(): void {
    if ([...runs.values()].some((run) => ['preparing', 'running'].includes(run.summary.state))) throw new ExpectedError('run-busy', {})
  }

  const answers: Record<string, (input: never) => unknown> = {
    'app.info': () => INFO,
    'device.list': () => [{ device: 'cpu', available: true, detail: 'AMD Ryzen 9 7900X, 12 cores', gflops: 812 }, { device: 'webgpu', available: true, detail: 'NVIDIA GeForce RTX 4070', gflops: null }, { device: 'cuda', available: false, detail: 'cudart64_12 is missing', gflops: null }],
    'method.list': () => FAKE_METHODS,
    'method.cost': (input: unknown) => {
      const recipe = Recipe.parse(input)
      return fakeCost(recipe, modelAt(recipe.modelPath).experts)
    },
    'model.open': ({ path }: { path: string }) => modelAt(path),
    'model.recent': () => [...new Map([...runs.values()].map((run) => [run.recipe.modelPath, { path: run.recipe.modelPath, name: run.summary.modelName, usedAt: run.summary.updatedAt }])).values()],
    'budget.explain': ({ modelPath, budget, method }: Pick<Recipe, 'modelPath' | 'budget' | 'method'>) => {
      const card = FAKE_METHODS.find((each) => each.id === method)
      if (!card) throw new ExpectedError('method-unknown', { method })
      if (budget.kind === 'remove' && !card.removes) throw new ExpectedError('budget-invalid', { reason: 'only methods that factor experts take a share to remove' })
      return fakeBreakdown(modelAt(modelPath), budget, { nominal: budget.kind === 'remove' || (budget.kind === 'bits' && card.bitsOver === 'experts'), ...(card.removes ? { least: 0.42 } : {}) })
    },
    'run.prepare': (input: unknown) => {
      busy()
      const recipe = Recipe.parse(input)
      const model = modelAt(recipe.modelPath)
      const at = new Date().toISOString()
      const run: RunDetail = { recipe, model, plan: null, report: null, journal: [], error: null, summary: { id: `r${(number += 1)}`, createdAt: at, updatedAt: at, modelName: model.name, modelPath: model.path, method: recipe.method, format: recipe.format, state: 'preparing', stage: 'open', calibration: null, budgetBytes: null, planBytes: null, originalBytes: model.bytes, outPath: null, outExists: false, klDivergence: null, perplexityRatio: null, tags: [], note: '', starred: false, importedAt: null } }
      runs.set(run.summary.id, run)
      prepare(run)
      return run.summary
    },
    'run.start': ({ runId }: { runId: string }) => {
      busy()
      const run = runAt(runId)
      change(run, { state: 'running', stage: 'compress' })
      finish(run)
      return run.summary
    },
    'run.cancel': ({ runId }: { runId: string }) => {
      clearInterval(timers.get(runId))
      change(runAt(runId), { state: 'cancelled' })
      return runAt(runId).summary
    },
    'run.resume': ({ runId }: { runId: string }) => {
      busy()
      const run = runAt(runId)
      run.error = null
      change(run, { state: run.plan ? 'running' : 'preparing' })
      if (run.plan) finish(run)
      else prepare(run)
      return run.summary
    },
    'run.list': () => [...runs.values()].map((run) => run.summary),
    'run.get': ({ runId }: { runId: string }) => runAt(runId),
    'run.delete': ({ runId, deleteFile }: { runId: string; deleteFile: boolean }) => {
      const freedBytes = deleteFile ? runAt(runId).summary.planBytes ?? 0 : 0
      runs.delete(runId)
      return { freedBytes }
    },
    'host.pickFolder': () => ({ path: null }),
    'host.reveal': () => ({}),
  }

  return {
    runs, emit,
    failNext: (name, error) => void failures.set(name, error),
    setConnected: (connected) => connections.tell(connected),
    call: async (name, input) => {
      await new Promise((resolve) => setTimeout(resolve, Math.min(60, pace / 4)))
      const failure = failures.get(name)
      failures.delete(name)
      if (failure) throw failure
      const answer = answers[name]
      if (!answer) throw new Error(`The fake has no call ${name}`)
      return structuredClone(answer(JSON.parse(JSON.stringify(input)) as never))
    },
    onEvent: (listener) => events.add(listener),
    onConnection: (listener) => {
      listener(true)
      return connections.add(listener)
    },
  }
}
