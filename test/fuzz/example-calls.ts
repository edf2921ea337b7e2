import type { CallName } from '../../src-main/contract/calls.ts'
import { exampleBundle } from './example-bundle.ts'

/** Where the calls' inputs point. */
export interface CallPlaces {
  readonly model: string
  readonly run: string
  readonly folder: string
}

/** A recipe that asks for little. */
export function exampleRecipe(modelPath: string): Record<string, unknown> {
  return {
    modelPath,
    budget: { kind: 'bits', bitsPerWeight: 4.5 },
    method: 'measured-bits',
    format: null,
    parameters: {},
    corpusPath: null,
    heldOutPath: null,
    calibrationTokens: 1024,
    heldOutTokens: 512,
    windowTokens: 64,
    device: 'cpu',
    threads: 1,
    seed: 0,
    outPath: null,
    overwrite: false,
  }
}

/** A sound input for every call that takes one. */
export function exampleCalls({ model, run, folder }: CallPlaces): Partial<Record<CallName, Record<string, unknown>>> {
  const byRun = { runId: run }
  const recipe = exampleRecipe(model)
  return {
    'model.open': { path: model },
    'budget.explain': recipe,
    'method.cost': recipe,
    'budget.curve': recipe,
    'method.fit': recipe,
    'text.preview': recipe,
    'run.prepare': recipe,
    'run.begin': { recipe, check: null },
    'run.start': byRun,
    'run.resume': byRun,
    'run.get': byRun,
    'run.maps': byRun,
    'run.memory': byRun,
    'run.pause': { ...byRun, when: 'now' },
    'run.priority': { ...byRun, low: true },
    'run.cancel': { ...byRun, keep: true },
    'run.delete': { ...byRun, deleteFile: true },
    'run.annotate': { ...byRun, tags: ['a'], note: 'x', starred: true },
    'run.export': { ...byRun, folder, name: 'x', model: 'copy', splitBytes: 1_000_000, extras: ['card', 'modelfile'] },
    'answer.start': { ...byRun, prompt: 'hi', tokens: 4 },
    'answer.cancel': byRun,
    'bundle.export': { runIds: [run] },
    'bundle.import': { bundle: exampleBundle() },
    'calibration.delete': { fingerprint: 'x' },
    'check.run': { checkId: 'c', recipe },
    'check.cancel': { checkId: 'c' },
    'settings.set': { modelFolders: [], outputFolder: null, threads: 1, theme: 'dark', textSize: 100 },
    'host.pickFile': { purpose: 'text' },
    'host.openFolder': { folder: 'data' },
    'host.reveal': byRun,
  }
}
