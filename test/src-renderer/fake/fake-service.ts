import type { AppInfo } from '../../../src-main/contract/calls.ts'
import { ExpectedError } from '../../../src-main/contract/errors.ts'
import type { RunEvent } from '../../../src-main/contract/events.ts'
import { Recipe } from '../../../src-main/contract/recipe.ts'
import type { RunDetail } from '../../../src-main/contract/run.ts'
import type { Settings } from '../../../src-main/contract/settings.ts'
import { createListeners } from '../../../src-renderer/transports/listeners.ts'
import type { Transport } from '../../../src-renderer/transports/transport.ts'
import { compareAnswers } from './fake-compare.ts'
import { fakeCost, FAKE_METHODS } from './fake-methods.ts'
import { FAKE_MODELS, fakeBreakdown } from './fake-models.ts'
import { resultAnswers } from './fake-result.ts'
import { createFakePlay } from './fake-run-play.ts'
import { fakeHistory } from './fake-runs.ts'
import { settingsAnswers } from './fake-settings.ts'
import { wizardAnswers } from './fake-wizard.ts'

const INFO: AppInfo = {
  version: '0.1.0',
  host: 'web',
  platform: 'linux',
  dataFolder: '/home/me/.local/share/whittle',
  demoModelPath: 'whittle:demo-model',
  memoryBytes: 34_359_738_368,
  freeMemoryBytes: 21_000_000_000,
  freeDiskBytes: 412_000_000_000,
  kernels: 'native',
  missing: [
    { id: 'electron', details: {} },
    { id: 'cuda', details: {} },
  ],
  canPickFolder: false,
  canReveal: true,
  portable: false,
}
/** A model whose tokenizer cuts text in a way that llama.cpp has no name for. */
export const ODD_TOKENIZER = '/models/odd-tokenizer'

export interface FakeService extends Transport {
  readonly runs: Map<string, RunDetail>
  emit(event: RunEvent): void
  setConnected(connected: boolean): void
  /** Answers the next call of that name with an error. */
  failNext(name: string, error: Error): void
}

/** An in-memory service: answers every call and plays runs, `pace` milliseconds a step. */
export function createFakeService(
  options: { history?: RunDetail[]; pace?: number; settings?: Partial<Settings>; platform?: string } = {},
): FakeService {
  const { history = fakeHistory(), pace = 120, platform = INFO.platform } = options
  const runs = new Map(history.map((run) => [run.summary.id, run]))
  const events = createListeners<unknown>()
  const connections = createListeners<boolean>()
  const failures = new Map<string, Error>()

  const emit = (event: RunEvent): void => events.tell(event)
  const modelAt = (path: string) => {
    const model = FAKE_MODELS.find((each) => each.path === path || path === ODD_TOKENIZER)
    if (!model) throw new ExpectedError('folder-not-found', { folder: path })
    return model
  }
  const runAt = (runId: string): RunDetail => {
    const run = runs.get(runId)
    if (!run) throw new ExpectedError('run-not-found', { runId })
    return run
  }
  const stage = { runs, pace, emit, modelAt, runAt }
  const answers: Record<string, (input: never) => unknown> = {
    'app.info': () => ({ ...INFO, platform }),
    'device.list': () => [
      { device: 'cpu', available: true, detail: { said: 'AMD Ryzen 9 7900X, 12 cores' }, gflops: 812 },
      { device: 'webgpu', available: true, detail: { said: 'NVIDIA GeForce RTX 4070' }, gflops: null },
      { device: 'cuda', available: false, detail: { said: 'cudart64_12 is missing' }, gflops: null },
    ],
    'method.list': () => FAKE_METHODS,
    'method.cost': (input: unknown) => {
      const recipe = Recipe.parse(input)
      return fakeCost(recipe, modelAt(recipe.modelPath).experts)
    },
    'model.open': ({ path, preTokenizer }: { path: string; preTokenizer: string | null }) => {
      if (path !== ODD_TOKENIZER) return modelAt(path)
      if (preTokenizer === null)
        throw new ExpectedError('pretokenizer-unknown', { pattern: '\\w+', known: ['qwen2'], fits: ['qwen2', 'qwen35'] })
      return { ...FAKE_MODELS[0], path }
    },
    'model.recent': () => [
      ...new Map(
        [...runs.values()].map((run) => [
          run.recipe.modelPath,
          { path: run.recipe.modelPath, name: run.summary.modelName, usedAt: run.summary.updatedAt },
        ]),
      ).values(),
    ],
    'budget.explain': ({ modelPath, budget, method }: Pick<Recipe, 'modelPath' | 'budget' | 'method'>) => {
      const card = FAKE_METHODS.find((each) => each.id === method)
      if (!card) throw new ExpectedError('method-unknown', { method, known: FAKE_METHODS.map(({ id }) => id) })
      if (budget.kind === 'remove' && !card.removes) throw new ExpectedError('budget-invalid', { reason: 'only-factors-remove', method })
      return fakeBreakdown(modelAt(modelPath), budget, {
        nominal: budget.kind === 'remove' || (budget.kind === 'bits' && card.bitsOver === 'experts'),
        ...(card.removes ? { least: 0.42 } : {}),
      })
    },
    ...createFakePlay(stage),
    ...resultAnswers(stage),
    ...wizardAnswers(stage),
    'run.list': () => [...runs.values()].map((run) => run.summary),
    'run.get': ({ runId }: { runId: string }) => runAt(runId),
    'run.delete': ({ runId, deleteFile }: { runId: string; deleteFile: boolean }) => {
      const freedBytes = deleteFile ? (runAt(runId).summary.planBytes ?? 0) : 0
      runs.delete(runId)
      return { freedBytes }
    },
    ...compareAnswers(runs),
    ...settingsAnswers(options.settings),
    'path.choose': () => ({}),
    'host.pickFolder': () => ({ path: null }),
    'host.reveal': () => ({}),
  }

  return {
    runs,
    emit,
    failNext: (name, error) => void failures.set(name, error),
    setConnected: (connected) => connections.tell(connected),
    call: async (name, input) => {
      await new Promise((resolve) => setTimeout(resolve, Math.min(60, pace / 4)))
      const failure = failures.get(name)
      failures.delete(name)
      if (failure) throw failure
      const answer = answers[name]
      if (!answer) throw new Error(`The fake has no call ${name}`)
      return structuredClone(await answer(JSON.parse(JSON.stringify(input)) as never))
    },
    onEvent: (listener) => events.add(listener),
    onConnection: (listener) => {
      listener(true)
      return connections.add(listener)
    },
  }
}
