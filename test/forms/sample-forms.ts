import type { ModelShape } from '../../src-main/architectures/architecture.ts'
import type { FactoredForm, LayerForm, ModelForm, PackedForm } from '../../src-main/contract/form.ts'

const factored: FactoredForm = {
  kind: 'factored',
  transposed: false,
  activation: 'none',
  ranks: [8, 8],
  basisOf: null,
  leftOf: null,
  shared: false,
  residual: null,
}

type Width = PackedForm['bits'][number]

function packed(bits: readonly Width[], groupSize = 32): PackedForm {
  return { kind: 'packed', groupSize, bits: [...bits] }
}

/** Every form there is, each in one layer of a model of four experts whose matrices are (64, 64), (32, 64) or (64, 32). */
const LAYERS: Readonly<Record<string, LayerForm>> = {
  nothing: {},
  'experts of 1, 2, 3 and 4 bits, attention of 8': {
    query: packed([8]),
    key: packed([8]),
    value: packed([8]),
    attentionOutput: packed([8], 64),
    expertGate: packed([1, 2, 3, 4]),
    expertUp: packed([4, 3, 2, 1]),
    expertDown: packed([2, 1, 4, 3]),
  },
  'experts of 5, 6 and 8 bits': { expertGate: packed([5, 6, 8, 5]), expertDown: packed([8, 5, 6, 8]) },
  'mixed bases under silu': {
    expertGate: { ...factored, ranks: [16, 16, 16], activation: 'silu' },
    expertUp: { ...factored, ranks: [12, 12], activation: 'tanh' },
  },
  'groups of experts, one of rank 0': {
    expertGate: { ...factored, ranks: [8, 4], basisOf: [0, 1, 1, 0] },
    expertUp: { ...factored, ranks: [8, 0, 2], basisOf: [2, 1, 0, 1] },
  },
  'a shared matrix and shared left factors': {
    expertGate: { ...factored, shared: true, ranks: [4, 4, 4, 4], basisOf: [0, 1, 2, 3] },
    expertUp: { ...factored, ranks: [6], basisOf: [0, 0, 0, 0], leftOf: [0, 1, 1, 0] },
  },
  'factors of transposes': {
    expertDown: {
      ...factored,
      transposed: true,
      ranks: [8, 4],
      basisOf: [0, 1, 1, 0],
      shared: true,
      residual: { kind: 'columns', columns: 5, bits: 16 },
    },
    expertUp: {
      ...factored,
      transposed: true,
      ranks: [8],
      basisOf: [0, 0, 0, 0],
      residual: { kind: 'signs', rows: 3, nonzeros: 4, seed: 5, bits: 8 },
    },
  },
  'residuals on columns and on signs, 8 and 16 bits': {
    expertGate: { ...factored, residual: { kind: 'columns', columns: 6, bits: 8 } },
    expertUp: { ...factored, residual: { kind: 'columns', columns: 7, bits: 16 } },
    expertDown: { ...factored, activation: 'silu', residual: { kind: 'signs', rows: 6, nonzeros: 5, seed: 2 ** 40 + 17, bits: 16 } },
  },
  'residuals alone': {
    expertGate: { ...factored, ranks: [0], residual: { kind: 'signs', rows: 9, nonzeros: 8, seed: 1, bits: 8 } },
    expertDown: { ...factored, ranks: [0, 0], residual: { kind: 'columns', columns: 11, bits: 8 } },
  },
  'factored attention': {
    query: { ...factored, ranks: [8], basisOf: [0] },
    key: { ...factored, ranks: [8], residual: { kind: 'columns', columns: 3, bits: 8 } },
    value: { ...factored, transposed: true, ranks: [8], basisOf: [0] },
    attentionOutput: { ...factored, ranks: [0], shared: true },
  },
}

/** Name and form of one model for each sample layer, which all its layers but the first have. */
export function sampleForms(shape: ModelShape): [name: string, form: ModelForm][] {
  return Object.entries(LAYERS).map(([name, layer]) => [name, formOf(shape, layer)])
}

/** A model whose layers all have the form of `layer`, but the first, which is plain. */
export function formOf(shape: ModelShape, layer: LayerForm): ModelForm {
  return { version: 1, layers: Array.from({ length: shape.layers }, (_, index) => (index === 0 ? {} : layer)), pruning: null }
}

/** Widths and groups that GPTQModel loads, the attention of the first layer plain. */
export function gptqForm(shape: ModelShape): ModelForm {
  const first: LayerForm = { expertGate: packed([4, 4, 4, 4]), expertUp: packed([4, 4, 4, 4]), expertDown: packed([4, 4, 4, 4], 16) }
  const other: LayerForm = {
    query: packed([8]),
    key: packed([8], 64),
    value: packed([8]),
    attentionOutput: packed([4]),
    expertGate: packed([4, 2, 3, 4]),
    expertUp: packed([4, 3, 2, 8]),
    expertDown: packed([2, 4, 4, 3]),
  }
  return { version: 1, layers: Array.from({ length: shape.layers }, (_, index) => (index === 0 ? first : other)), pruning: null }
}
