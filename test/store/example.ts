import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { ModelSummary } from '../../src-main/contract/model.ts'
import type { Plan } from '../../src-main/contract/plan.ts'
import { Recipe } from '../../src-main/contract/recipe.ts'
import type { Report } from '../../src-main/contract/report.ts'
import { openStore, type Store } from '../../src-main/store/store.ts'

/** A folder that goes away with the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'whittle-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A store that closes with the test. */
export function temporaryStore(root = temporaryFolder()): Store {
  const store = openStore(root)
  onTestFinished(() => {
    if (store.database.open) store.close()
  })
  return store
}

export const recipe = (changes: Partial<Recipe> = {}): Recipe =>
  Recipe.parse({ modelPath: '/models/tiny', budget: { kind: 'bits', bitsPerWeight: 4.5 }, ...changes })

export const model: ModelSummary = {
  path: '/models/tiny',
  name: 'Tiny',
  architecture: { id: 'qwen3_moe', title: 'Qwen3 MoE', ggufName: 'qwen3moe' },
  layers: 2,
  hidden: 8,
  heads: 2,
  kvHeads: 1,
  headSize: 4,
  experts: 4,
  expertsPerToken: 2,
  expertWidth: 8,
  denseLayers: 0,
  denseWidth: 0,
  sharedWidth: 0,
  leftOut: [],
  memory: null,
  ways: null,
  vocabulary: 32,
  contextLength: 128,
  tiedEmbeddings: false,
  dtype: 'bfloat16',
  bytes: 4000,
  shards: 1,
  parameters: { total: 2000, active: 1000, experts: 1500 },
  tokenizer: { kind: 'BPE', vocabulary: 32, preTokenizer: 'qwen2' },
  chatTemplate: true,
  license: null,
}

export const plan: Plan = {
  version: 1,
  model: null,
  method: 'measured-bits',
  format: 'gguf',
  parameters: {},
  budgetBytes: 1200,
  originalBytes: 4000,
  bytes: 1100,
  headerBytes: 100,
  weights: 2000,
  bitsPerWeight: 4.4,
  expectedError: 0.01,
  sensitivity: 'measured-kl',
  seed: 0,
  rounding: null,
  form: null,
  decisions: [],
  solver: null,
  notes: [],
  cells: [
    {
      layer: 0,
      expert: null,
      role: 'expertGate',
      tensor: 'blk.0.ffn_gate_exps.weight',
      action: 'encode',
      detail: 'Q4_K',
      rank: null,
      weights: 2000,
      bytes: 1000,
      expectedError: 0.01,
      note: null,
    },
  ],
}

export const report = (path: string): Report => ({
  version: 1,
  method: 'measured-bits',
  device: 'cpu',
  kernels: 'reference',
  seconds: 2,
  peakMemoryBytes: 1e8,
  budgetBytes: 1200,
  planBytes: 1100,
  bitsPerWeight: 4.4,
  original: { bytes: 4000 },
  file: { path, bytes: 1100, sha256: 'ab' },
  quality: {
    tokens: 100,
    perplexity: { original: 10, shrunk: 11 },
    klDivergence: { mean: 0.02, standardError: 0.001, p99: 0.2 },
    topOneAgreement: 0.95,
    esap: 0.93,
  },
  verification: null,
  verificationMissing: { said: 'not asked for' },
  audit: [],
})

export const journalRow = (layer: number | null) => ({
  layer,
  finishedAt: '2026-01-01T00:00:00.000Z',
  bytes: 10,
  sha256: `hash-${layer}`,
  seconds: 0.5,
})
