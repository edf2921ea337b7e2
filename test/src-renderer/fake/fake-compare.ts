import { BUNDLE_LIMITS, Bundle, type RunMaps } from '../../../src-main/contract/bundle.ts'
import type { KeptCalibration } from '../../../src-main/contract/calls.ts'
import type { MemoryUse } from '../../../src-main/contract/curve.ts'
import { ExpectedError } from '../../../src-main/contract/errors.ts'
import type { RunAnnotation, RunDetail } from '../../../src-main/contract/run.ts'

const baseName = (path: string): string => path.replace(/^.*[\\/]/, '')

/** Experts by layer; seeds apart, runs differ a little. */
export function fakeMaps({ model, summary, plan }: RunDetail): RunMaps {
  if (!model || !plan) return { usage: null, saliency: null }
  const seed = summary.id.charCodeAt(summary.id.length - 1) + summary.id.length
  const wave = (layer: number, expert: number, step: number): number => Math.abs(Math.sin(layer * 1.3 + expert * step + seed * 0.02)) ** 2
  const map = (of: (layer: number, expert: number) => number): number[][] =>
    Array.from({ length: model.layers }, (_, layer) => Array.from({ length: model.experts }, (__, expert) => of(layer, expert)))
  return {
    usage: map((layer, expert) => Math.round(900 * wave(layer, expert, 1.7))),
    saliency: map((layer, expert) => 0.2 + 3 * wave(layer, expert, 2.9) * (1 + layer / 20)),
  }
}

function memoryAt({ model, plan }: RunDetail): MemoryUse[] {
  if (!model || !plan) return []
  return [4096, 16384, 32768]
    .filter((tokens) => tokens <= model.contextLength)
    .map((contextTokens) => {
      const kvCacheBytes = model.layers * model.kvHeads * model.headSize * 4 * contextTokens
      const computeBytes = 320 * 2 ** 20
      return { contextTokens, weightsBytes: plan.bytes, kvCacheBytes, computeBytes, totalBytes: plan.bytes + kvCacheBytes + computeBytes }
    })
}

function fakeCalibrations(): KeptCalibration[] {
  const ago = (hours: number): string => new Date(Date.now() - hours * 3_600_000).toISOString()
  return [
    {
      fingerprint: '5f'.repeat(32),
      bytes: 812_400_000,
      createdAt: ago(70),
      usedAt: ago(0.4),
      modelName: 'Qwen3-30B-A3B',
      modelPath: '/home/me/models/Qwen3-30B-A3B',
      corpus: null,
      tokens: 16_384,
      runs: 7,
      exists: true,
    },
    {
      fingerprint: '6a'.repeat(32),
      bytes: 1_204_000_000,
      createdAt: ago(400),
      usedAt: ago(390),
      modelName: 'Qwen3-30B-A3B',
      modelPath: '/home/me/models/Qwen3-30B-A3B',
      corpus: '/home/me/texts/medical-notes.txt',
      tokens: 65_536,
      runs: 1,
      exists: true,
    },
    {
      fingerprint: '7b'.repeat(32),
      bytes: 1_960_000,
      createdAt: ago(900),
      usedAt: null,
      modelName: null,
      modelPath: null,
      corpus: null,
      tokens: null,
      runs: 0,
      exists: true,
    },
    {
      fingerprint: '8c'.repeat(32),
      bytes: 402_000_000,
      createdAt: ago(1200),
      usedAt: ago(1200),
      modelName: 'OLMoE-1B-7B',
      modelPath: '/mnt/stick/OLMoE-1B-7B',
      corpus: null,
      tokens: 16_384,
      runs: 2,
      exists: false,
    },
  ]
}

/** A run as a bundle holds it: paths are reduced to names. */
function packed(run: RunDetail): Bundle['runs'][number] {
  const { outPath, modelPath } = run.summary
  const summary = { ...run.summary, modelPath: baseName(modelPath), outPath: outPath && baseName(outPath) }
  return { detail: { ...run, summary, recipe: { ...run.recipe, modelPath: baseName(run.recipe.modelPath) } }, maps: fakeMaps(run) }
}

function takeIn(runs: Map<string, RunDetail>, bundle: unknown) {
  const parsed = Bundle.safeParse(bundle)
  if (!parsed.success) throw new ExpectedError('bundle-invalid', { reason: 'not-a-bundle' })
  const fresh = parsed.data.runs.filter(({ detail }) => !runs.has(detail.summary.id))
  for (const { detail } of fresh)
    runs.set(detail.summary.id, { ...detail, summary: { ...detail.summary, importedAt: new Date().toISOString(), outExists: false } })
  return {
    imported: fresh.flatMap(({ detail }) => runs.get(detail.summary.id)?.summary ?? []),
    known: parsed.data.runs.length - fresh.length,
  }
}

/** Answers for the history, the kept calibrations, comparing and bundles. */
export function compareAnswers(runs: Map<string, RunDetail>): Record<string, (input: never) => unknown> {
  const calibrations = new Map(fakeCalibrations().map((each) => [each.fingerprint, each]))
  const runAt = (runId: string): RunDetail => {
    const run = runs.get(runId)
    if (!run) throw new ExpectedError('run-not-found', { runId })
    return run
  }
  return {
    'run.annotate': ({ runId, ...change }: RunAnnotation & { runId: string }) => {
      const run = runAt(runId)
      run.summary = { ...run.summary, ...change }
      return run.summary
    },
    'run.maps': ({ runId }: { runId: string }) => fakeMaps(runAt(runId)),
    'run.memory': ({ runId }: { runId: string }) => memoryAt(runAt(runId)),
    'bundle.export': ({ runIds }: { runIds: string[] }): Bundle => ({
      whittleBundle: 1,
      exportedAt: new Date().toISOString(),
      version: '0.1.0',
      runs: runIds.slice(0, BUNDLE_LIMITS.runs).map((id) => packed(runAt(id))),
    }),
    'bundle.import': ({ bundle }: { bundle: unknown }) => takeIn(runs, bundle),
    'calibration.list': () => [...calibrations.values()],
    'calibration.delete': ({ fingerprint }: { fingerprint: string }) => {
      const freedBytes = calibrations.get(fingerprint)?.bytes ?? 0
      calibrations.delete(fingerprint)
      return { freedBytes }
    },
  }
}
