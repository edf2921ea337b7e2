import type { FactoredForm, LayerForm, PackedForm } from '../../../src-main/contract/form.ts'
import type { ModelSummary } from '../../../src-main/contract/model.ts'
import type { Plan, PlanCell } from '../../../src-main/contract/plan.ts'
import type { PruningReport, Quality } from '../../../src-main/contract/report.ts'
import type { FormatName } from '../../../src-main/contract/recipe.ts'

type Place = Pick<PlanCell, 'layer' | 'role' | 'tensor' | 'weights'>
const NONE = { expert: null, rank: null, expectedError: null, note: null } as const
const ROLES = ['expertGate', 'expertUp', 'expertDown'] as const
const PROJECTION = { expertGate: 'gate_proj', expertUp: 'up_proj', expertDown: 'down_proj' } as const

/** What both kinds of folder have in common: attention, router and embedding as they are. */
function plainCells(model: ModelSummary): PlanCell[] {
  const keep = (place: Place): PlanCell => ({ ...NONE, ...place, action: 'keep', detail: 'BF16', bytes: place.weights * 2 })
  const heads = model.heads * model.headSize
  return [
    keep({ layer: null, role: 'embedding', tensor: 'model.embed_tokens.weight', weights: model.vocabulary * model.hidden }),
    ...Array.from({ length: model.layers }, (_, layer) => [
      ...(['query', 'attentionOutput'] as const).map((role) =>
        keep({ layer, role, tensor: `model.layers.${layer}.self_attn.${role}.weight`, weights: model.hidden * heads }),
      ),
      keep({ layer, role: 'router', tensor: `model.layers.${layer}.mlp.gate.weight`, weights: model.hidden * model.experts }),
    ]).flat(),
  ]
}

function planOf(model: ModelSummary, method: string, format: FormatName, cells: PlanCell[], layers: LayerForm[]): Plan {
  const bytes = cells.reduce((sum, cell) => sum + cell.bytes, 120_000)
  return {
    version: 1,
    model: null,
    method,
    format,
    parameters: {},
    budgetBytes: bytes,
    originalBytes: model.bytes,
    bytes,
    headerBytes: 120_000,
    weights: model.parameters.total,
    bitsPerWeight: (bytes * 8) / model.parameters.total,
    expectedError: null,
    sensitivity: 'none',
    seed: 0,
    rounding: null,
    form: { version: 1, layers, pruning: null },
    decisions: layers.map(() => ({})),
    solver: null,
    notes: [],
    cells,
  }
}

const experts = (model: ModelSummary): number[] => Array.from({ length: model.experts }, (_, expert) => expert)
const nameOf = (layer: number, expert: number, role: (typeof ROLES)[number]): string =>
  `model.layers.${layer}.mlp.experts.${expert}.${PROJECTION[role]}`

/** A width for every expert: 1 to 4 bits. */
export function fakePackedPlan(model: ModelSummary, format: FormatName = 'safetensors-gptq'): Plan {
  const weights = model.hidden * model.expertWidth
  const widthOf = (layer: number, expert: number) =>
    ([1, 2, 2, 3, 3, 4] as const)[Math.floor(6 * Math.abs(Math.sin(layer * 3.3 + expert * 1.9))) % 6] ?? 2
  const layers = Array.from({ length: model.layers }, (_, layer): LayerForm => {
    const form: PackedForm = { kind: 'packed', groupSize: 128, bits: experts(model).map((expert) => widthOf(layer, expert)) }
    return { expertGate: form, expertUp: form, expertDown: form }
  })
  const packed = layers.flatMap((_, layer) =>
    experts(model).flatMap((expert) =>
      ROLES.map((role): PlanCell => {
        const width = widthOf(layer, expert)
        return {
          rank: null,
          layer,
          expert,
          role,
          tensor: `${nameOf(layer, expert, role)}.qweight`,
          action: 'pack',
          detail: `${width} ${width === 1 ? 'bit' : 'bits'}`,
          weights,
          bytes: Math.ceil((weights * (width + 0.16)) / 8),
          expectedError: 0.01 * 2 ** -width,
          note: expert === 5 ? { note: 'rows-not-whole', columns: 100, type: 'Q4_K' } : null,
        }
      }),
    ),
  )
  return {
    ...planOf(model, 'mc', format, [...plainCells(model), ...packed], layers),
    solver: { gap: 0.0004, proven: false, seconds: 60.2 },
    notes: [
      { note: 'experts-unseen', experts: 3 },
      { note: 'top-widths-dropped', layers: 2, widths: [1, 2, 3] },
    ],
  }
}

/** Gate and up matrices as mixtures of few bases, ranks falling with depth; down matrices as they are. */
export function fakeFactoredPlan(model: ModelSummary, removePercent: number, format: FormatName = 'safetensors'): Plan {
  const weights = model.hidden * model.expertWidth
  const bases = Math.max(1, Math.round((model.experts * (100 - removePercent)) / 200))
  const rankOf = (layer: number, expert: number): number =>
    Math.round((model.expertWidth * (0.35 + 0.6 * Math.abs(Math.sin(layer * 0.7 + (expert % bases) * 2.1)))) / 8) * 8
  const layers = Array.from({ length: model.layers }, (_, layer): LayerForm => {
    const form: FactoredForm = {
      kind: 'factored',
      transposed: false,
      activation: 'silu',
      ranks: Array.from({ length: bases }, (__, basis) => rankOf(layer, basis)),
      basisOf: experts(model).map((expert) => expert % bases),
      leftOf: null,
      shared: false,
      residual: null,
    }
    return { expertGate: form, expertUp: form }
  })
  const cells = layers.flatMap((_, layer) =>
    ROLES.flatMap((role): PlanCell[] => {
      if (role === 'expertDown')
        return experts(model).map((expert) => ({
          ...NONE,
          layer,
          expert,
          role,
          tensor: `${nameOf(layer, expert, role)}.weight`,
          action: 'keep',
          detail: 'BF16',
          weights,
          bytes: weights * 2,
        }))
      const own = experts(model).map((expert): PlanCell => ({
        layer,
        expert,
        role,
        tensor: `${nameOf(layer, expert, role)}.left`,
        action: 'factor',
        detail: `mixture of ${bases}, rank ${rankOf(layer, expert)}`,
        rank: rankOf(layer, expert),
        weights,
        bytes: model.expertWidth * rankOf(layer, expert) * 2,
        expectedError: null,
        note: null,
      }))
      return [
        {
          ...NONE,
          layer,
          role,
          tensor: `model.layers.${layer}.mlp.experts.${PROJECTION[role]}.bases`,
          action: 'factor',
          detail: `${bases} bases`,
          rank: rankOf(layer, 0),
          weights: 0,
          bytes: bases * rankOf(layer, 0) * model.hidden * 2,
        },
        ...own,
      ]
    }),
  )
  return {
    ...planOf(model, 'mobe', format, [...plainCells(model), ...cells], layers),
    notes: [{ note: 'mobe-sizes', factorsDown: false, sizes: [{ bases, rank: rankOf(0, 0) }] }],
  }
}

/** What skipping a fifth of the chosen experts looks like. */
export function fakePruning(model: ModelSummary, quality: Quality): PruningReport {
  const worse = (by: number): Quality => ({
    ...quality,
    perplexity: { ...quality.perplexity, shrunk: quality.perplexity.shrunk * by },
    klDivergence: { ...quality.klDivergence, mean: quality.klDivergence.mean * by },
  })
  return {
    keptExpertShare: 0.812,
    skipRate: Array.from({ length: model.layers }, (_, layer) => 0.1 + 0.2 * Math.abs(Math.sin(layer))),
    activeParameters: { before: model.parameters.active, after: Math.round(model.parameters.active * 0.86) },
    withoutPruning: worse(0.985),
    withoutProtection: worse(1.041),
  }
}
