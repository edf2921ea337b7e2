import { describe, expect, test } from 'vitest'
import { qwen3Moe } from '../../src-main/architectures/families/qwen3-moe.ts'
import type { TensorPlace } from '../../src-main/architectures/tensor-list.ts'
import type { FactoredForm } from '../../src-main/contract/form.ts'
import { factoredSize, rankOf } from '../../src-main/forms/factored.ts'
import { openValues, encodeProjection, projectionTensors, rebuildProjection } from '../../src-main/forms/projection.ts'
import { residualProjection } from '../../src-main/forms/sparse-projection.ts'
import type { FactoredMatrices, PackedMatrix } from '../../src-main/forms/values.ts'
import { bytesOf } from '../../src-main/formats/safetensors/writer.ts'
import { elementCount } from '../../src-main/tensor/tensor.ts'
import { TINY_SHAPE } from '../fixtures/tiny-checkpoint.ts'
import { sampleForms } from './sample-forms.ts'
import { formedProjections } from './write-export.ts'

const all = sampleForms(TINY_SHAPE).flatMap(([name, form]) => {
  return formedProjections({ architecture: qwen3Moe, shape: TINY_SHAPE }, form).map((projection) => ({
    name: `${name}: ${projection.places[0]?.role ?? ''}`,
    ...projection,
  }))
})

/** value = (code - zero) * scale, by the definition, in float64. */
function denseOfCodes({ codes, scales, zeros }: PackedMatrix, [out, columns]: readonly [number, number], groupSize: number): number[] {
  return Array.from({ length: out * columns }, (_, i) => {
    const group = Math.floor(i / columns) * (columns / groupSize) + Math.floor((i % columns) / groupSize)
    const [code, scale] = [codes[i] ?? NaN, scales[group] ?? NaN]
    return zeros.length === 0 ? (2 * code - 1) * scale : (code - (zeros[group] ?? NaN)) * scale
  })
}

/** S + A f(M) + C P, by the definition, in float64, turned back. */
function denseOfFactors(form: FactoredForm, factors: FactoredMatrices, expert: number, size: readonly number[]): number[] {
  const [out, columns] = factoredSize(form, size)
  const rank = rankOf(form, expert)
  const left = factors.left[form.leftOf?.[expert] ?? expert] ?? new Float32Array()
  const basis = (i: number) =>
    form.basisOf === null
      ? factors.bases.reduce((sum, each, j) => sum + (factors.mix?.[expert * factors.bases.length + j] ?? NaN) * (each[i] ?? NaN), 0)
      : (factors.bases[form.basisOf[expert] ?? 0]?.[i] ?? NaN)
  const f = { none: (m: number) => m, silu: (m: number) => m / (1 + Math.exp(-m)), tanh: Math.tanh }[form.activation]
  const dense = Array.from({ length: out * columns }, (_, i) => factors.shared?.[i] ?? 0)
  for (let row = 0; row < out; row++) {
    for (let k = 0; k < rank; k++) {
      for (let column = 0; column < columns; column++)
        add(dense, row * columns + column, (left[row * rank + k] ?? NaN) * f(basis(k * columns + column)))
    }
  }
  if (form.residual !== null) {
    const projection = residualProjection(form.residual, columns, factors.columns)
    for (let row = 0; row < out; row++) {
      projection.positions.forEach((position, i) => {
        const q = Math.floor(i / projection.nonzeros)
        add(
          dense,
          row * columns + position,
          (factors.corrections[expert]?.[row * projection.rows + q] ?? NaN) * (projection.values[i] ?? NaN),
        )
      })
    }
  }
  if (!form.transposed) return dense
  return Array.from(dense, (_, i) => dense[(i % out) * columns + Math.floor(i / out)] ?? NaN)
}

function add(target: number[], at: number, amount: number): void {
  target[at] = (target[at] ?? NaN) + amount
}

/** Factors pass through half precision, 8-bit corrections through 8 bits. */
function closeTo(dense: Float32Array, exact: readonly number[], share: number): void {
  const largest = exact.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
  const worst = exact.reduce((most, value, i) => Math.max(most, Math.abs(value - (dense[i] ?? NaN))), 0)
  expect(worst).toBeLessThanOrEqual(share * largest)
}

describe.each(all)('$name', ({ form, places, values }) => {
  test('every listed tensor has its bytes, and no other is encoded', () => {
    const encoded = encodeProjection(form, values, places)
    const entries = projectionTensors(form, places)
    expect([...encoded.keys()].sort()).toEqual(entries.map((entry) => entry.name).sort())
    for (const entry of entries) expect(encoded.get(entry.name)?.().byteLength, entry.name).toBe(bytesOf(entry))
  })

  test('the dense matrices are those of the definition', async () => {
    const rebuilt = await rebuildProjection(form, values, places)
    expect(rebuilt.length).toBe(places.length)
    for (const [i, dense] of rebuilt.entries()) {
      const size = places[i]?.shape ?? []
      const [out = 0, columns = 0] = size
      expect(dense.length).toBe(elementCount(size))
      if (form.kind === 'packed' && values.kind === 'packed') {
        const exact = denseOfCodes(values.matrices[i] as PackedMatrix, [out, columns], form.groupSize) // one per place
        expect(dense).toEqual(Float32Array.from(exact))
      }
      if (form.kind === 'factored' && values.kind === 'factored') {
        closeTo(dense, denseOfFactors(form, values.factors, i, size), form.residual?.bits === 8 ? 0.01 : 2e-3)
      }
    }
  })

  test('rows are rows of the whole, and bytes add up', async () => {
    const lazy = openValues(form, values, places)
    const stored = projectionTensors(form, places).reduce((sum, entry) => sum + bytesOf(entry), 0)
    expect(lazy.reduce((sum, tensor) => sum + tensor.bytes, 0)).toBe(stored)
    for (const tensor of lazy) {
      const columns = tensor.shape[1] ?? 0
      const whole = await tensor.read()
      expect(await tensor.readRows(3, 5)).toEqual(whole.slice(3 * columns, 8 * columns))
      await expect(tensor.readRows(0, (tensor.shape[0] ?? 0) + 1)).rejects.toThrow(RangeError)
      expect(tensor.form).toBe(form.kind)
    }
  })
})

const place = (expert: number): TensorPlace => ({
  role: 'expertGate',
  layer: 0,
  expert,
  name: `model.layers.0.mlp.experts.${expert}.gate_proj.weight`,
  shape: [4, 8],
})
const plain: FactoredForm = {
  kind: 'factored',
  transposed: false,
  activation: 'none',
  ranks: [1],
  basisOf: null,
  leftOf: null,
  shared: false,
  residual: null,
}

function factorsOf(left: number, basis: number): FactoredMatrices {
  return {
    left: [new Float32Array(4).fill(left)],
    bases: [new Float32Array(8).fill(basis)],
    mix: Float32Array.of(1),
    shared: null,
    columns: null,
    corrections: [],
  }
}

describe('factors half precision cannot hold', () => {
  test.each([
    [2 ** 20, 2 ** -20],
    [2 ** -18, 2 ** 16],
    [2 ** -12, 2 ** 12],
  ])('are balanced where nothing stands between them: %d, %d', async (left, basis) => {
    const [dense] = await rebuildProjection(plain, { kind: 'factored', factors: factorsOf(left, basis) }, [place(0)])
    expect(dense).toEqual(new Float32Array(32).fill(left * basis))
  })

  test('are refused under an activation, by name', () => {
    const encode = (left: number, basis: number) => () =>
      encodeProjection({ ...plain, activation: 'silu' }, { kind: 'factored', factors: factorsOf(left, basis) }, [place(0)])
    expect(encode(2 ** 20, 2 ** -10)).toThrow('model.layers.0.mlp.gate_factors')
    expect(encode(1, 2 ** -21)).toThrow(RangeError)
    expect(encode(1, 1)).not.toThrow()
  })

  test('are refused where even balancing does not help, and where they are no numbers', () => {
    const encode = (left: number, basis: number) => () =>
      encodeProjection(plain, { kind: 'factored', factors: factorsOf(left, basis) }, [place(0)])
    expect(encode(2 ** 20, 2 ** 20)).toThrow(RangeError)
    expect(encode(NaN, 1)).toThrow('not a number')
  })
})

describe('forms that do not fit are refused, naming what', () => {
  const places = [place(0), place(1)]
  test.each([
    ['widths for another number of experts', { kind: 'packed', groupSize: 8, bits: [4] } as const, '1 widths for 2'],
    [
      'groups that do not divide',
      { kind: 'packed', groupSize: 3, bits: [4, 4] } as const,
      'experts.0.gate_proj.weight of 4 bits: groups of 3',
    ],
    ['codes that fill no word', { kind: 'packed', groupSize: 8, bits: [4, 2] } as const, 'experts.0.gate_proj.weight of 4 bits: 4 rows'],
    ['mixed bases of two ranks', { ...plain, ranks: [1, 2] }, 'different ranks'],
    ['a basis that is not there', { ...plain, basisOf: [0, 1] }, 'not among the 1'],
    ['left factors with a gap', { ...plain, leftOf: [0, 2] }, 'without gaps'],
    ['a left factor for two ranks', { ...plain, ranks: [1, 2], basisOf: [0, 1], leftOf: [0, 0] }, 'shared across ranks'],
    ['more columns than there are', { ...plain, residual: { kind: 'columns', columns: 9, bits: 16 } as const }, '9 columns kept of 8'],
  ])('%s', (_, form, words) => {
    expect(() => projectionTensors(form as FactoredForm, places)).toThrow(words)
  })
})
