import type { CheckReport } from '../../../src-main/contract/check.ts'
import type { ErrorShape } from '../../../src-main/contract/error-shape.ts'
import type { ModelSummary } from '../../../src-main/contract/model.ts'
import type { Plan } from '../../../src-main/contract/plan.ts'
import { Recipe } from '../../../src-main/contract/recipe.ts'
import type { Report } from '../../../src-main/contract/report.ts'
import type { RunDetail, RunState, Stage } from '../../../src-main/contract/run.ts'
import { fakeGaugeHistory } from './fake-gauges.ts'
import { fakeFactoredPlan, fakePackedPlan, fakePruning } from './fake-folders.ts'
import { FAKE_MODELS, fakeBreakdown, fakePlan } from './fake-models.ts'

const DEMO = FAKE_MODELS[0]
const LARGE = FAKE_MODELS[1]

/** The plan a recipe leads to. */
export function fakePlanOf(recipe: Recipe, model: ModelSummary): Plan {
  const { budget } = recipe
  if (recipe.method === 'mobe')
    return fakeFactoredPlan(model, budget.kind === 'remove' ? budget.percent : 40, recipe.format ?? 'safetensors')
  if (recipe.method === 'mc' && recipe.format !== null && recipe.format !== 'gguf') return fakePackedPlan(model, recipe.format)
  const breakdown = fakeBreakdown(model, budget)
  return fakePlan(model, Math.min(breakdown.fileBytes, breakdown.largestBytes))
}

export function fakeReport(plan: Plan, model: ModelSummary): Report {
  const report = fileReport(plan)
  const { format = 'gguf' } = plan
  if (format === 'gguf') return report
  return {
    ...report,
    format,
    file: { ...report.file, path: '/home/me/.local/share/whittle/outputs/Qwen3-30B-A3B-2.54bpw' },
    verification: null,
    verificationMissing: { reason: 'folders-unread' },
    ...(plan.method === 'mc' ? { pruning: fakePruning(model, report.quality) } : {}),
  }
}

function fileReport(plan: Plan): Report {
  const kl = (plan.expectedError ?? 0.02) * 1.07
  const shrunk = 9.412 * Math.exp(kl * 0.4)
  return {
    version: 1,
    method: plan.method,
    device: 'cpu',
    kernels: 'native',
    seconds: Math.round(900 + plan.bytes / 1e7 + plan.cells.length / 9),
    peakMemoryBytes: 3_412_000_000,
    budgetBytes: plan.budgetBytes,
    planBytes: plan.bytes,
    bitsPerWeight: plan.bitsPerWeight,
    original: { bytes: plan.originalBytes },
    file: {
      path: '/home/me/.local/share/whittle/outputs/Qwen3-30B-A3B-4.29bpw.gguf',
      bytes: plan.bytes,
      sha256: '9f2c4be1a77d03c1f5b6c0d94b8a2be17764cf0a5f6e3a1b0c9d8e7f6a5b4c3d',
    },
    quality: {
      tokens: 8160,
      perplexity: { original: 9.412, shrunk, ratioError: 0.0021 },
      klDivergence: { mean: kl, standardError: kl / 12, p99: kl * 11 },
      topOneAgreement: 1 - 0.4 * kl ** 0.6,
      esap: 1 - 0.3 * kl ** 0.6,
    },
    judgedOn: { heldOut: 'b1'.repeat(32), tokenizer: 'c2'.repeat(32) },
    verification: {
      engine: 'llama.cpp v0.5.0',
      perplexity: shrunk + 0.004,
      expected: shrunk,
      agrees: true,
      sample: {
        prompt: 'The old lighthouse keeper',
        continuation:
          ' climbed the stairs every evening, counting the steps aloud so that the silence would not count them for him.\nOne night the lamp refused to light, and he sat down to think.',
      },
    },
    verificationMissing: null,
    audit: plan.cells.map((cell) => ({
      tensor: cell.tensor,
      layer: cell.layer,
      ...(cell.expert === null ? {} : { expert: cell.expert }),
      role: cell.role,
      from: 'BF16',
      to: cell.detail,
      bytes: cell.bytes,
      weights: cell.weights,
      relativeError:
        cell.action === 'keep' ? 0 : cell.rank !== null ? 0.4 - cell.rank / 2400 : 0.6 * 2 ** -((cell.bytes * 8) / cell.weights),
    })),
  }
}

/** What people and other machines put on a run; `judgedOn` null: a report that doesn't say. */
interface FakeMarks {
  tags?: string[]
  note?: string
  starred?: boolean
  importedAt?: string
  engineAgrees?: boolean
  judgedOn?: Report['judgedOn'] | null
}
export interface FakeRunOptions extends FakeMarks {
  id: string
  large?: boolean
  state: RunState
  stage: Stage
  hoursAgo: number
  percent?: number
  error?: ErrorShape
  fileGone?: boolean
  /** Parts in the journal, the one outside the layers first. */ layersDone?: number
  calibration?: 'reused' | 'measured'
  /** Of the recipe, beside the model. */ recipe?: Partial<Recipe>
}

function markedReport(report: Report, { engineAgrees = true, judgedOn = report.judgedOn, importedAt }: FakeMarks): Report {
  const { judgedOn: _before, ...others } = report
  return {
    ...others,
    ...(judgedOn ? { judgedOn } : {}),
    ...(importedAt === undefined ? {} : { file: { ...report.file, path: report.file.path.replace(/^.*\//, '') } }),
    verification: report.verification && {
      ...report.verification,
      agrees: engineAgrees,
      ...(engineAgrees ? {} : { perplexity: report.verification.expected * 1.062 }),
    },
  }
}

/** What was found before the run: enough memory, a limit of the settings, a disk that reads half a gigabyte a second. */
function fakeCheck(): CheckReport {
  const step = (id: 'read' | 'encode', seconds: number) => ({ id, seconds, bytes: 1_240_000_000 })
  return {
    items: [
      {
        id: 'memory',
        state: 'ok',
        details: { expectedBytes: 3.4 * 2 ** 30, freeBytes: 19 * 2 ** 30, totalBytes: 32 * 2 ** 30, limitBytes: 4 * 2 ** 30 },
      },
    ],
    trial: {
      layer: 0,
      device: 'cpu',
      weights: 604_000_000,
      tokens: 1024,
      steps: [step('read', 2.4), step('encode', 3.1)],
      peakMemoryBytes: 3_200_000_000,
    },
    seconds: { low: 5100, high: 7400, reusesCalibration: false },
  }
}

export function fakeRun(options: FakeRunOptions): RunDetail {
  const model = options.large ? LARGE : DEMO
  if (!model) throw new Error('The fake has no such model')
  const at = new Date(Date.now() - options.hoursAgo * 3_600_000).toISOString()
  const recipe = Recipe.parse({ modelPath: model.path, budget: { kind: 'percent', percent: options.percent ?? 30 }, ...options.recipe })
  const planned = !['open', 'calibrate'].includes(options.stage) && !(options.stage === 'plan' && options.state !== 'planned')
  const plan = planned ? fakePlanOf(recipe, model) : null
  const done = options.state === 'done' && plan
  const report = done ? markedReport(fakeReport(plan, model), options) : null
  return {
    recipe,
    model,
    plan,
    report,
    error: options.error ?? null,
    gauges: options.layersDone ? fakeGaugeHistory(1800) : [],
    check: fakeCheck(),
    journal: Array.from({ length: options.layersDone ?? (done ? model.layers + 1 : 0) }, (_, index) => ({
      layer: index === 0 ? null : index - 1,
      finishedAt: at,
      bytes: Math.round((plan?.bytes ?? 0) / (model.layers + 1)),
      sha256: 'ab'.repeat(32),
      seconds: 21.4,
    })),
    summary: {
      id: options.id,
      createdAt: at,
      updatedAt: at,
      modelName: model.name,
      modelPath: model.path,
      method: recipe.method,
      format: recipe.format,
      state: options.state,
      stage: options.stage,
      calibration: planned ? (options.calibration ?? 'measured') : null,
      budgetBytes: plan?.budgetBytes ?? null,
      planBytes: plan?.bytes ?? null,
      originalBytes: model.bytes,
      outPath: report?.file.path ?? null,
      outExists: done !== null && done !== false && !options.fileGone,
      klDivergence: report?.quality.klDivergence.mean ?? null,
      perplexityRatio: report ? report.quality.perplexity.shrunk / report.quality.perplexity.original : null,
      tags: options.tags ?? [],
      note: options.note ?? '',
      starred: options.starred ?? false,
      importedAt: options.importedAt ?? null,
      verified: report?.verification?.agrees ?? null,
    },
  }
}

/** A history as it looks after a few weeks. */
export function fakeHistory(): RunDetail[] {
  return [
    fakeRun({ id: 'r1', large: true, state: 'interrupted', stage: 'compress', hoursAgo: 0.4, layersDone: 19 }),
    fakeRun({
      id: 'r2',
      large: true,
      state: 'done',
      stage: 'report',
      hoursAgo: 5,
      percent: 27,
      calibration: 'reused',
      starred: true,
      tags: ['12 GB card', 'daily'],
      note: 'The one I use every day. Long answers stay on topic; German is as good as before.',
    }),
    fakeRun({ id: 'r3', large: true, state: 'planned', stage: 'plan', hoursAgo: 6, percent: 40 }),
    fakeRun({ id: 'r4', large: true, state: 'done', stage: 'report', hoursAgo: 29, percent: 21, fileGone: true, tags: ['12 GB card'] }),
    fakeRun({
      id: 'r5',
      large: true,
      state: 'failed',
      stage: 'compress',
      hoursAgo: 52,
      layersDone: 31,
      error: { code: 'disk-full', message: 'disk-full', details: { path: '/home/me/.local/share/whittle/outputs', needed: 7_400_000_000 } },
    }),
    fakeRun({ id: 'r6', state: 'done', stage: 'report', hoursAgo: 53, percent: 42, judgedOn: null }),
    fakeRun({
      id: 'r8',
      large: true,
      state: 'done',
      stage: 'report',
      hoursAgo: 60,
      recipe: { method: 'mc', format: 'safetensors', budget: { kind: 'bits', bitsPerWeight: 2.54 } },
    }),
    fakeRun({
      id: 'r9',
      large: true,
      state: 'planned',
      stage: 'plan',
      hoursAgo: 64,
      recipe: { method: 'mobe', budget: { kind: 'remove', percent: 40 } },
    }),
    fakeRun({
      id: 'r10',
      state: 'done',
      stage: 'report',
      hoursAgo: 66,
      recipe: { method: 'mobe', format: 'safetensors-dense', budget: { kind: 'remove', percent: 40 } },
    }),
    fakeRun({
      id: 'r11',
      large: true,
      state: 'done',
      stage: 'report',
      hoursAgo: 75,
      percent: 33,
      recipe: { method: 'uniform' },
      engineAgrees: false,
      note: 'llama.cpp of March.',
    }),
    fakeRun({
      id: 'r12',
      large: true,
      state: 'done',
      stage: 'report',
      hoursAgo: 600,
      percent: 24,
      importedAt: new Date(Date.now() - 80 * 3_600_000).toISOString(),
      tags: ['from Ada'],
      fileGone: true,
      judgedOn: { heldOut: 'd4'.repeat(32), tokenizer: 'c2'.repeat(32) },
      recipe: { seed: 7 },
    }),
    fakeRun({ id: 'r7', state: 'cancelled', stage: 'calibrate', hoursAgo: 70 }),
  ]
}
