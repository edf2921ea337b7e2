import type { Bundle } from '../../src-main/contract/bundle.ts'
import { Recipe } from '../../src-main/contract/recipe.ts'
import { exampleRecipe } from './example-calls.ts'

const NOW = '2026-11-30T10:00:00.000Z'

const plan: Bundle['runs'][number]['detail']['plan'] = {
  version: 1,
  model: null,
  method: 'measured-bits',
  format: 'gguf',
  parameters: {},
  budgetBytes: 100,
  originalBytes: 200,
  bytes: 90,
  headerBytes: 10,
  weights: 80,
  bitsPerWeight: 4.5,
  expectedError: 0.1,
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
      tensor: 'blk.0.x',
      action: 'encode',
      detail: 'Q4_K',
      rank: null,
      weights: 80,
      bytes: 80,
      expectedError: 0.1,
      note: null,
    },
  ],
}

const report: Bundle['runs'][number]['detail']['report'] = {
  version: 1,
  method: 'measured-bits',
  device: 'cpu',
  kernels: 'native',
  seconds: 1,
  peakMemoryBytes: 1,
  budgetBytes: 100,
  planBytes: 90,
  bitsPerWeight: 4.5,
  original: { bytes: 200 },
  file: { path: 'm.gguf', bytes: 90, sha256: 'x' },
  quality: {
    tokens: 1,
    perplexity: { original: 1, shrunk: 1.1 },
    klDivergence: { mean: 0.1, standardError: 0, p99: 1 },
    topOneAgreement: 1,
    esap: 1,
  },
  verification: null,
  verificationMissing: { said: 'not asked for' },
  audit: [{ tensor: 'a', layer: null, role: 'embedding', from: 'BF16', to: 'Q4_K', bytes: 1, weights: 1, relativeError: 0.1 }],
}

/** A finished run with everything a run can have, as another machine would send it. */
export function exampleBundle(): Bundle {
  const summary: Bundle['runs'][number]['detail']['summary'] = {
    id: 'abcdef0123',
    createdAt: NOW,
    updatedAt: NOW,
    modelName: 'm',
    modelPath: 'm',
    method: 'measured-bits',
    format: 'gguf',
    state: 'done',
    stage: 'report',
    calibration: 'measured',
    budgetBytes: 100,
    planBytes: 90,
    originalBytes: 200,
    outPath: 'm.gguf',
    outExists: false,
    klDivergence: 0.1,
    perplexityRatio: 1.1,
    verified: true,
    tags: ['t'],
    note: 'n',
    starred: false,
    importedAt: null,
  }
  const journal = [{ layer: null, finishedAt: NOW, bytes: 1, sha256: 'x', seconds: 1 }]
  const detail = { summary, recipe: Recipe.parse(exampleRecipe('m')), model: null, plan, report, journal, error: null }
  return {
    whittleBundle: 1,
    exportedAt: NOW,
    version: '0.1.0',
    runs: [
      {
        maps: {
          usage: [
            [1, 2],
            [3, 4],
          ],
          saliency: null,
        },
        detail,
      },
    ],
  }
}
