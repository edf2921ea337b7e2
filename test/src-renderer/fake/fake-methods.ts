import type { MethodCard, MethodCost } from '../../../src-main/contract/calls.ts'
import type { Recipe } from '../../../src-main/contract/recipe.ts'

const TYPES = ['Q8_0', 'Q6_K', 'Q5_K', 'Q4_K', 'Q4_0', 'Q3_K', 'Q2_K']
const WIDTHS = ['1', '2', '3', '4', '5', '6', '8']

/** Methods of each kind the registry has: files only, files and folders, folders only. */
export const FAKE_METHODS: readonly MethodCard[] = [
  {
    id: 'measured-bits',
    title: 'Measured bits',
    summary: 'Gives each matrix of each layer the number of bits its measured error asks for, within an exact byte budget.',
    family: 'quantize',
    paper: 'GEMQ (arXiv 2605.23078) and PMQ (arXiv 2410.06270), per stacked tensor',
    formats: ['gguf'],
    bitsOver: 'file',
    removes: false,
    parameters: {
      type: 'object',
      properties: {
        types: {
          type: 'array',
          items: { type: 'string', enum: TYPES },
          default: TYPES,
          description: 'Types a tensor may be stored as',
          minItems: 1,
        },
        keepOriginal: { type: 'boolean', default: true, description: 'Leave a tensor as it is where the budget allows' },
        keepAttentionAtLeast: {
          type: 'string',
          enum: ['none', 'Q8_0', 'Q6_K', 'Q5_K'],
          default: 'none',
          description: 'Smallest type for the attention matrices',
        },
      },
    },
  },
  {
    id: 'mc',
    title: 'Mixture Compressor',
    summary: 'Gives each expert its own number of bits: more to experts that are used often, count much and suffer most.',
    family: 'quantize',
    paper: 'MC (arXiv 2410.06270)',
    formats: ['gguf', 'safetensors', 'safetensors-gptq', 'safetensors-dense'],
    bitsOver: 'experts',
    removes: false,
    parameters: {
      type: 'object',
      properties: {
        widths: {
          default: [],
          description: 'Folder: bits an expert may have; none named: chosen by the budget',
          type: 'array',
          items: { type: 'string', enum: WIDTHS },
        },
        groupSize: { default: 128, description: 'Folder: input columns that share a scale', type: 'integer', minimum: 8, maximum: 4096 },
        types: {
          default: TYPES,
          description: 'GGUF: types a matrix may be stored as',
          minItems: 1,
          type: 'array',
          items: { type: 'string', enum: TYPES },
        },
        alpha: { default: 1, description: 'Exponent of how often an expert is chosen', type: 'number', minimum: 0, maximum: 4 },
        skipExperts: {
          default: 0,
          description: 'Folder: share of the chosen experts that tokens skip at run time',
          type: 'number',
          minimum: 0,
          maximum: 0.9,
        },
      },
    },
  },
  {
    id: 'uniform',
    title: 'One type for all',
    summary: 'Stores every matrix as the same type, the largest that fits. A baseline to compare with.',
    family: 'quantize',
    paper: 'none: round to nearest with importance weights, as llama.cpp does',
    formats: ['gguf'],
    bitsOver: 'file',
    removes: false,
    parameters: { type: 'object', properties: {} },
  },
  {
    id: 'mobe',
    title: 'MoBE',
    summary: 'Learns a few basis matrices per layer and writes the gate and up matrix of every expert as a mixture of them.',
    family: 'factor',
    paper: 'MoBE (arXiv 2508.05257)',
    formats: ['safetensors', 'safetensors-dense'],
    bitsOver: 'file',
    removes: true,
    parameters: {
      type: 'object',
      properties: {
        solver: {
          default: 'fast',
          description: 'How bases are learned: fast, by variable projection, or Adam as published',
          type: 'string',
          enum: ['fast', 'adam'],
        },
        bases: {
          default: 'auto',
          description: 'Bases per projection; auto: from the limit',
          anyOf: [
            { type: 'string', const: 'auto' },
            { type: 'integer', minimum: 1, maximum: Number.MAX_SAFE_INTEGER },
          ],
        },
        steps: {
          default: 'auto',
          description: 'Passes over the experts; auto: 100 for the fast solver, 10 000 for Adam',
          anyOf: [
            { type: 'string', const: 'auto' },
            { type: 'integer', minimum: 1, maximum: Number.MAX_SAFE_INTEGER },
          ],
        },
        activationAware: { default: true, description: 'Weigh errors by the inputs each expert gets; off: as published', type: 'boolean' },
        down: {
          default: 'auto',
          description: 'Down matrices: kept as published, factored too, or that only where gate and up cannot give enough',
          type: 'string',
          enum: ['keep', 'factor', 'auto'],
        },
      },
    },
  },
]

/** Minutes for the demo, days for a large model; the slow solver takes a hundred times as long. */
export function fakeCost(recipe: Recipe, experts: number): MethodCost {
  if (recipe.method !== 'mobe') return { flops: 0, gflops: null, seconds: null, faster: [] }
  const of = (parameters: Readonly<Record<string, unknown>>) => {
    const flops =
      experts ** 2 * 4e12 * (parameters.solver === 'adam' ? 100 : 1) * (typeof parameters.steps === 'number' ? parameters.steps / 100 : 1)
    const best = flops / 812e9
    return { flops, seconds: { low: best / 0.5, high: best / 0.2 } }
  }
  const faster = [...(recipe.parameters.solver === 'adam' ? [{ solver: 'fast' }] : []), { bases: Math.max(1, experts / 8) }, { steps: 50 }]
  return {
    ...of(recipe.parameters),
    gflops: 812,
    faster: faster.map((parameters) => ({ parameters, ...of({ ...recipe.parameters, ...parameters }) })),
  }
}
