import type { ModelSummary } from '../../../src-main/contract/model.ts'
import type { Plan, PlanCell } from '../../../src-main/contract/plan.ts'
import type { Budget, BudgetBreakdown } from '../../../src-main/contract/recipe.ts'

const base = {
  architecture: { id: 'qwen3_moe', title: 'Qwen3 MoE', ggufName: 'qwen3moe' },
  dtype: 'bf16',
  tokenizer: { kind: 'byte-level BPE', vocabulary: 4096, preTokenizer: 'qwen2' },
  chatTemplate: true,
  tiedEmbeddings: true,
  denseLayers: 0,
  denseWidth: 0,
  sharedWidth: 0,
  leftOut: [],
  memory: null,
  ways: null,
}

/** Two models a developer meets: the demo, and one as large as real ones. */
export const FAKE_MODELS: readonly ModelSummary[] = [
  {
    ...base,
    path: 'whittle:demo-model',
    name: 'demo-moe8',
    layers: 3,
    hidden: 256,
    heads: 8,
    kvHeads: 2,
    headSize: 32,
    experts: 8,
    expertsPerToken: 2,
    expertWidth: 256,
    vocabulary: 4096,
    contextLength: 2048,
    bytes: 12_545_064,
    shards: 1,
    parameters: { total: 6_270_000, active: 2_710_000, experts: 4_718_592 },
    license: null,
  },
  {
    ...base,
    path: '/home/me/models/Qwen3-30B-A3B',
    name: 'Qwen3-30B-A3B',
    layers: 48,
    hidden: 2048,
    heads: 32,
    kvHeads: 4,
    headSize: 128,
    experts: 128,
    expertsPerToken: 8,
    expertWidth: 768,
    vocabulary: 151_936,
    contextLength: 40_960,
    tiedEmbeddings: false,
    bytes: 61_064_245_248,
    shards: 16,
    parameters: { total: 30_532_122_624, active: 3_345_000_000, experts: 28_991_029_248 },
    license: 'apache-2.0',
    tokenizer: { kind: 'byte-level BPE', vocabulary: 151_936, preTokenizer: 'qwen2' },
  },
]

const bounds = (model: ModelSummary) => ({ smallest: Math.round(model.parameters.total * 0.28), largest: Math.round(model.bytes * 1.004) })

/**
 * `nominal`: the budget bounds the experts, so the file may become as large as it comes; `least`: the smallest share of the original the
 * method reaches.
 */
export function fakeBreakdown(
  model: ModelSummary,
  asked: Budget,
  { nominal = asked.kind === 'remove', least }: { nominal?: boolean; least?: number } = {},
): BudgetBreakdown {
  const { smallest: fileSmallest, largest } = bounds(model)
  const smallest = least === undefined ? fileSmallest : Math.round(model.bytes * least)
  const budget: Exclude<Budget, { kind: 'remove' }> = nominal || asked.kind === 'remove' ? { kind: 'size', bytes: largest } : asked
  const kv = budget.kind === 'vram' ? model.layers * model.kvHeads * model.headSize * 4 * budget.contextTokens : 0
  const memory =
    budget.kind === 'vram'
      ? {
          vramBytes: budget.vramBytes,
          contextTokens: budget.contextTokens,
          kvCacheBytes: kv,
          computeBytes: 320 * 2 ** 20,
          reserveBytes: Math.min(2 ** 31, Math.max(2 ** 29, Math.ceil(budget.vramBytes / 8))),
        }
      : null
  const bytes =
    budget.kind === 'size'
      ? budget.bytes
      : budget.kind === 'percent'
        ? (model.bytes * budget.percent) / 100
        : budget.kind === 'bits'
          ? (model.parameters.total * budget.bitsPerWeight) / 8
          : Math.max(0, budget.vramBytes - kv - (memory?.computeBytes ?? 0) - (memory?.reserveBytes ?? 0))
  const fileBytes = Math.floor(bytes)
  return {
    fileBytes,
    originalBytes: model.bytes,
    smallestBytes: smallest,
    largestBytes: largest,
    bitsPerWeight: (fileBytes * 8) / model.parameters.total,
    feasible: fileBytes >= smallest,
    memory,
  }
}

const TYPES = [
  ['BF16', 16],
  ['Q8_0', 8.5],
  ['Q6_K', 6.5625],
  ['Q5_K', 5.5],
  ['Q4_K', 4.5],
  ['Q3_K', 3.4375],
  ['Q2_K', 2.625],
] as const

export function fakePlan(model: ModelSummary, budgetBytes: number): Plan {
  const target = (budgetBytes * 8) / model.parameters.total
  const pick = (wanted: number) => TYPES.find(([, bits]) => bits <= wanted) ?? TYPES[TYPES.length - 1]
  const cells: PlanCell[] = []
  const add = (layer: number | null, role: string, tensor: string, weights: number, wanted: number, exact = false): void => {
    const [type, bits] = exact ? (['F32', 32] as const) : (pick(wanted) ?? ['Q2_K', 2.625])
    cells.push({
      layer,
      expert: null,
      rank: null,
      role,
      tensor,
      action: exact ? 'keep' : 'encode',
      detail: type,
      weights,
      bytes: Math.ceil((weights * bits) / 8),
      expectedError: exact ? null : (0.02 * 2 ** (4 - bits)) / model.layers,
      note: null,
    })
  }
  add(null, 'embedding', 'token_embd.weight', model.vocabulary * model.hidden, target + 2)
  for (let layer = 0; layer < model.layers; layer += 1) {
    const edge = layer < model.layers * 0.1 || layer > model.layers * 0.85 ? 1 : 0
    const heads = model.heads * model.headSize
    const kv = model.kvHeads * model.headSize
    const name = (part: string) => `blk.${layer}.${part}.weight`
    add(layer, 'attentionNorm', name('attn_norm'), model.hidden, 0, true)
    add(layer, 'query', name('attn_q'), model.hidden * heads, target + 1.6)
    add(layer, 'key', name('attn_k'), model.hidden * kv, target + 2)
    add(layer, 'value', name('attn_v'), model.hidden * kv, target + 4)
    add(layer, 'attentionOutput', name('attn_output'), model.hidden * heads, target + 1.6)
    add(layer, 'router', name('ffn_gate_inp'), model.hidden * model.experts, 0, true)
    const expert = model.experts * model.expertWidth * model.hidden
    add(layer, 'expertGate', name('ffn_gate_exps'), expert, target + edge - 0.1)
    add(layer, 'expertUp', name('ffn_up_exps'), expert, target + edge - 0.1)
    add(layer, 'expertDown', name('ffn_down_exps'), expert, target + edge + (layer % 5 === 0 ? 1.1 : 0.2))
  }
  const bytes = cells.reduce((sum, cell) => sum + cell.bytes, 6_000_000)
  return {
    version: 1,
    model: null,
    method: 'measured-bits',
    format: 'gguf',
    parameters: {},
    budgetBytes: Math.max(budgetBytes, bytes + 4096),
    originalBytes: model.bytes,
    bytes,
    headerBytes: 6_000_000,
    weights: model.parameters.total,
    bitsPerWeight: (bytes * 8) / model.parameters.total,
    expectedError: 0.09 * 2 ** (3 - target),
    sensitivity: 'measured-kl',
    seed: 0,
    rounding: null,
    form: null,
    decisions: [],
    solver: null,
    notes: [],
    cells,
  }
}
