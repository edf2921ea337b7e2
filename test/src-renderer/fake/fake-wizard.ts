import * as z from 'zod'
import { CALLS, type CallOutput, type FoundModel } from '../../../src-main/contract/calls.ts'
import { TRIAL_STEPS, type CheckItem, type CheckReport } from '../../../src-main/contract/check.ts'
import type { CurvePoint, MethodFit, QualityCurve, TextPreview } from '../../../src-main/contract/curve.ts'
import type { ErrorShape } from '../../../src-main/contract/error-shape.ts'
import type { MachineInfo } from '../../../src-main/contract/machine.ts'
import type { ModelSummary } from '../../../src-main/contract/model.ts'
import { Recipe } from '../../../src-main/contract/recipe.ts'
import { FAKE_METHODS } from './fake-methods.ts'
import { FAKE_MODELS, fakeBreakdown } from './fake-models.ts'
import type { FakeStage } from './fake-run-play.ts'

/** A desktop with one card, half of whose memory the system's own windows do not take. */
export const FAKE_MACHINE: MachineInfo = {
  processor: 'AMD Ryzen 9 7900X',
  cores: 12,
  memoryBytes: 34_359_738_368,
  freeMemoryBytes: 21_000_000_000,
  onBattery: null,
  cards: [{ name: 'NVIDIA GeForce RTX 4070', totalBytes: 12 * 2 ** 30, freeBytes: Math.round(11.2 * 2 ** 30) }],
}

const FOUND: readonly FoundModel[] = [
  ...FAKE_MODELS.map(({ path, name, bytes }): FoundModel => ({ path, name, bytes, architecture: 'qwen3_moe', obstacle: null })),
  {
    path: '/home/me/.cache/huggingface/hub/models--Qwen--Qwen3-235B-A22B/snapshots/8efa61729',
    name: 'Qwen3-235B-A22B',
    architecture: 'qwen3_moe',
    bytes: 470_200_000_000,
    obstacle: null,
  },
  {
    path: '/home/me/models/gpt-oss-20b',
    name: 'gpt-oss-20b',
    architecture: 'gpt_oss',
    bytes: 13_800_000_000,
    obstacle: { code: 'architecture-unknown', message: '', details: { architecture: 'gpt_oss', known: ['qwen3_moe', 'llama', 'mixtral'] } },
  },
  {
    path: '/home/me/models/Qwen3-30B-A3B-GPTQ-Int4',
    name: 'Qwen3-30B-A3B-GPTQ-Int4',
    architecture: 'qwen3_moe',
    bytes: 16_900_000_000,
    obstacle: { code: 'already-quantized', message: '', details: { format: 'gptq' } },
  },
]

/** About what measured bits lose: a tenth of a nat at 2.5 bits, half as much for each bit more, then ever less. */
const lossAt = (bits: number): number => 0.16 * 2.6 ** (2.5 - bits) + 0.0004

function curveOf(model: ModelSummary, measured: boolean): QualityCurve {
  const { smallestBytes, largestBytes } = fakeBreakdown(model, { kind: 'percent', percent: 50 })
  const points = Array.from({ length: 24 }, (_, index): CurvePoint => {
    const fileBytes = Math.round(smallestBytes * (largestBytes / smallestBytes) ** (index / 23))
    const bitsPerWeight = (fileBytes * 8) / model.parameters.total
    return { fileBytes, bitsPerWeight, klDivergence: lossAt(bitsPerWeight) * (measured ? 0.9 : 1) }
  })
  const at = (loss: number): CurvePoint => points.find((point) => point.klDivergence <= loss) ?? (points[points.length - 1] as CurvePoint)
  return { basis: measured ? 'measured' : 'typical', points, stops: { small: at(0.12), balanced: at(0.035), careful: at(0.009) } }
}

/** A path ending in `overlap` shares passages with the other text, one in `nothing` is not there. */
function previewOf({ corpusPath, heldOutPath, calibrationTokens, heldOutTokens }: Recipe): TextPreview {
  const [there, aside] = corpusPath === null ? [5124, 2733] : [1_840_221, 204_469]
  const problems: ErrorShape[] = []
  for (const path of [corpusPath, heldOutPath])
    if (path?.endsWith('nothing')) problems.push({ code: 'corpus-not-found', message: '', details: { path } })
  if (heldOutPath?.endsWith('overlap'))
    problems.push({
      code: 'corpus-overlap',
      message: '',
      details: { calibration: corpusPath, heldOut: heldOutPath, share: 0.41, limit: 0.02 },
    })
  return {
    calibration: { source: corpusPath ?? 'built-in', tokens: there, used: Math.min(there, calibrationTokens) },
    heldOut: { source: heldOutPath ?? 'built-in', tokens: aside, used: Math.min(aside, heldOutTokens) },
    problems,
    sample:
      corpusPath === null
        ? 'The harbor at Sellwick\n\nSellwick is a small port on the eastern shore of a long, shallow bay. The town grew up around a stone quay that was built to load slate.'
        : 'def mean(values):\n    """The arithmetic mean; zero of nothing."""\n    return sum(values) / max(1, len(values))\n',
    chat: '<|im_start|>user\nWhat is the tallest mountain?<|im_end|>\n<|im_start|>assistant\nMount Everest, 8,849 meters above the sea.<|im_end|>\n<|im_start|>user\nAnd the second?<|im_end|>\n<|im_start|>assistant\n',
  }
}

/** Size, quality and time of each method; factoring can't go below 42 % of the original. */
function fitsOf(recipe: Recipe, model: ModelSummary, measured: boolean): MethodFit[] {
  return FAKE_METHODS.map(({ id: method, title, formats, removes, bitsOver }): MethodFit => {
    const refuse = (code: string, details: Record<string, unknown>): MethodFit => ({
      method,
      obstacle: { code, message: '', details },
      fileBytes: null,
      klDivergence: null,
      seconds: null,
    })
    if (recipe.format !== null && !formats.includes(recipe.format))
      return refuse('method-not-applicable', { method, title, format: recipe.format, formats })
    if (recipe.budget.kind === 'remove' && !removes) return refuse('budget-invalid', { reason: 'only-factors-remove', method })
    const nominal = recipe.budget.kind === 'remove' || (recipe.budget.kind === 'bits' && bitsOver === 'experts')
    const breakdown = fakeBreakdown(model, recipe.budget, { nominal, ...(removes ? { least: 0.42 } : {}) })
    if (!breakdown.feasible) return refuse('budget-too-small', { budgetBytes: breakdown.fileBytes, smallestBytes: breakdown.smallestBytes })
    const bytes = Math.min(breakdown.fileBytes, breakdown.largestBytes)
    const loss = lossAt((bytes * 8) / model.parameters.total) * (method === 'measured-bits' ? 1 : method === 'uniform' ? 1.9 : 1.2)
    const hours = model.bytes / 61e9
    const seconds = { low: (removes ? 40_000 : 5200) * hours + 4, high: (removes ? 95_000 : 8100) * hours + 9 }
    return {
      method,
      obstacle: null,
      fileBytes: bytes,
      klDivergence: removes ? null : { low: loss * 0.8, high: loss * 1.4, basis: measured ? 'measured' : 'typical' },
      seconds,
    }
  })
}

/** What a check finds: no room under `/full`, a name that is `taken.gguf`, and less text than asked for. */
function itemsOf(recipe: Recipe, model: ModelSummary): CheckItem[] {
  const bytes = Math.round(model.bytes * 0.3)
  const full = recipe.outPath?.startsWith('/full') === true
  const taken = recipe.outPath?.endsWith('taken.gguf') === true && !recipe.overwrite
  return [
    {
      id: 'device',
      state: 'ok',
      details: { asked: recipe.device, used: recipe.device === 'auto' ? 'webgpu' : recipe.device, gflops: 9100 },
    },
    {
      id: 'memory',
      state: 'ok',
      details: {
        expectedBytes: 3.1 * 2 ** 30,
        freeBytes: FAKE_MACHINE.freeMemoryBytes,
        totalBytes: FAKE_MACHINE.memoryBytes,
        limitBytes: null,
      },
    },
    { id: 'vram', state: 'ok', details: { cards: FAKE_MACHINE.cards, reserveBytes: 2 ** 31 } },
    {
      id: 'disk',
      state: full ? 'stop' : 'ok',
      details: {
        volumes: [
          {
            path: full ? '/full' : '/home/me/.local/share/whittle',
            uses: ['output', 'work'],
            neededBytes: Math.round(bytes * 1.1),
            freeBytes: full ? 1.2e9 : 412e9,
            totalBytes: 1e12,
          },
        ],
        outputBytes: bytes,
        calibrationBytes: Math.round(bytes * 0.1),
      },
    },
    taken
      ? {
          id: 'output',
          state: 'stop',
          details: {
            path: recipe.outPath,
            named: true,
            format: 'gguf',
            bytes,
            error: { code: 'output-exists', message: '', details: { path: recipe.outPath } },
          },
        }
      : {
          id: 'output',
          state: 'ok',
          details: {
            path: recipe.outPath ?? `/home/me/.local/share/whittle/outputs/${model.name}-4.0bpw.gguf`,
            named: recipe.outPath !== null,
            format: 'gguf',
            bytes,
            replaces: false,
          },
        },
    {
      id: 'text',
      state: model.experts > 64 ? 'warn' : 'ok',
      details: {
        tokens: { calibration: 5120, heldOut: 2560 },
        asked: { calibration: recipe.calibrationTokens, heldOut: recipe.heldOutTokens },
      },
    },
    { id: 'trial', state: 'ok', details: { layer: 0, weights: Math.round(model.parameters.experts / model.layers) } },
    { id: 'power', state: 'ok', details: { onBattery: null } },
    { id: 'sleep', state: 'ok', details: { able: false, wanted: true } },
  ]
}

const SECONDS = { read: 0.61, calibrate: 4.82, encode: 2.94, write: 0.44, readBack: 0.3 } as const

/** Plays a check: findings one by one, then the trial, then the report. */
async function playCheck({ pace, emit, modelAt }: FakeStage, input: unknown, cancelled: ReadonlySet<string>): Promise<CheckReport> {
  const { checkId, recipe } = CALLS['check.run'].input.parse(input)
  const model = modelAt(recipe.modelPath)
  const items = itemsOf(recipe, model)
  const pause = async (): Promise<void> => {
    await new Promise((resolve) => setTimeout(resolve, pace))
    if (cancelled.has(checkId)) throw new Error('the check was called off')
  }
  for (const item of items.filter((each) => each.id !== 'trial')) {
    await pause()
    emit({ kind: 'check', runId: checkId, item, step: null })
  }
  const steps = TRIAL_STEPS.map((id) => ({
    id,
    seconds: SECONDS[id],
    bytes: Math.round(model.bytes / model.layers / (id === 'write' || id === 'readBack' ? 3.6 : 1)),
  }))
  for (const step of steps) {
    await pause()
    emit({ kind: 'check', runId: checkId, item: null, step })
  }
  return {
    items,
    trial: {
      layer: 0,
      device: recipe.device === 'cpu' ? 'cpu' : 'webgpu',
      weights: Math.round(model.parameters.experts / model.layers),
      tokens: 1024,
      steps,
      peakMemoryBytes: Math.round(3.1 * 2 ** 30),
    },
    seconds: { low: 5100, high: 7400, reusesCalibration: false },
  }
}

const Checked = z.object({ checkId: z.string() })

/** Answers of the wizard's calls. A model with a finished plan in the history counts as measured. */
export function wizardAnswers(stage: FakeStage): Record<string, (input: never) => unknown> {
  const cancelled = new Set<string>()
  const measured = (path: string): boolean => [...stage.runs.values()].some((run) => run.recipe.modelPath === path && run.plan !== null)
  const ask =
    <T>(answer: (recipe: Recipe, model: ModelSummary, known: boolean) => T) =>
    (input: unknown): T => {
      const recipe = Recipe.parse(input)
      return answer(recipe, stage.modelAt(recipe.modelPath), measured(recipe.modelPath))
    }
  return {
    'machine.info': (): CallOutput<'machine.info'> => FAKE_MACHINE,
    'model.find': (): CallOutput<'model.find'> => [...FOUND],
    'budget.curve': ask((recipe, model, known) =>
      FAKE_METHODS.find((each) => each.id === recipe.method)?.removes ? { basis: null, points: [], stops: null } : curveOf(model, known),
    ),
    'method.fit': ask(fitsOf),
    'text.preview': ask(previewOf),
    'check.run': (input: unknown) => playCheck(stage, input, cancelled),
    'check.cancel': (input: unknown) => {
      cancelled.add(Checked.parse(input).checkId)
      return {}
    },
    'host.pickFile': () => ({ path: null }),
  }
}
