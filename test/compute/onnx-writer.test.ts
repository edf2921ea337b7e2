import { BinaryReader, WireType } from '@bufbuild/protobuf/wire'
import { describe, expect, test } from 'vitest'
import { defineGraph } from '../../src-main/compute/graph.ts'
import { encodeModel } from '../../src-main/compute/onnx-writer.ts'

/** A protobuf message as its fields, undecoded: numbers stay numbers, everything else bytes. */
type Fields = Map<number, (bigint | number | Uint8Array)[]>

/** Reads a message with an independent implementation of protobuf's wire format. */
function decode(bytes: Uint8Array): Fields {
  const fields: Fields = new Map()
  const reader = new BinaryReader(bytes)
  while (reader.pos < reader.len) {
    const [field, wire] = reader.tag()
    const value = wire === WireType.Varint ? BigInt(reader.int64()) : wire === WireType.Bit32 ? reader.float() : reader.bytes()
    fields.set(field, [...(fields.get(field) ?? []), value])
  }
  return fields
}

const bytesOf = (fields: Fields, field: number): Uint8Array[] => (fields.get(field) ?? []).filter((value) => value instanceof Uint8Array)
const messages = (fields: Fields, field: number): Fields[] => bytesOf(fields, field).map(decode)
const texts = (fields: Fields, field: number): string[] => bytesOf(fields, field).map((bytes) => new TextDecoder().decode(bytes))

describe('the ONNX writer, read back by another protobuf library', () => {
  const model = decode(
    encodeModel({
      name: 'example',
      inputs: [{ name: 'x', type: 'float32', dims: ['tokens', 300] }],
      outputs: [{ name: 'y', type: 'int64', dims: [] }],
      initializers: [
        { name: 'big', type: 'int64', dims: [2], data: BigInt64Array.of(-1n, 5n) },
        { name: 'w', type: 'float32', dims: [1, 2], data: Float32Array.of(1.5, -2) },
      ],
      nodes: [
        {
          operator: 'Op',
          domain: 'com.microsoft',
          inputs: ['x', 'w'],
          outputs: ['y'],
          attributes: { axis: { int: -1 }, alpha: { float: 0.25 }, perm: { ints: [0, 2, -3] }, mode: { text: 'strict' } },
        },
      ],
    }),
  )
  const [graph] = messages(model, 7)
  if (graph === undefined) throw new Error('the model has no graph')

  test('says opset 18, IR 10 and com.microsoft 1', () => {
    expect(model.get(1)).toEqual([10n])
    expect(messages(model, 8).map((set) => [texts(set, 1)[0], set.get(2)?.[0]])).toEqual([
      ['', 18n],
      ['com.microsoft', 1n],
    ])
  })

  test('writes a node with every kind of attribute', () => {
    const [node] = messages(graph, 1)
    if (node === undefined) throw new Error('the graph has no node')
    expect([texts(node, 1), texts(node, 2), texts(node, 4), texts(node, 7)]).toEqual([['x', 'w'], ['y'], ['Op'], ['com.microsoft']])
    const attributes = messages(node, 5).map((fields) => [
      texts(fields, 1)[0],
      fields.get(20)?.[0],
      fields.get(3) ?? fields.get(2) ?? fields.get(8) ?? texts(fields, 4),
    ])
    expect(attributes).toEqual([
      ['axis', 2n, [-1n]],
      ['alpha', 1n, [0.25]],
      ['perm', 7n, [0n, 2n, -3n]],
      ['mode', 3n, ['strict']],
    ])
  })

  test('writes constants raw, little-endian', () => {
    const [big, w] = messages(graph, 5)
    if (big === undefined || w === undefined) throw new Error('the graph lacks a constant')
    expect([big.get(1), big.get(2), texts(big, 8)]).toEqual([[2n], [7n], ['big']])
    expect(bytesOf(big, 9)[0]).toEqual(new Uint8Array(BigInt64Array.of(-1n, 5n).buffer))
    expect([w.get(1), w.get(2), bytesOf(w, 9)[0]]).toEqual([[1n, 2n], [1n], new Uint8Array(Float32Array.of(1.5, -2).buffer)])
  })

  test('writes fixed and free sizes of inputs and outputs', () => {
    const signature = (value: Fields): unknown => {
      const tensor = messages(messages(value, 2)[0] as Fields, 1)[0] as Fields
      const sizes = messages(messages(tensor, 2)[0] as Fields, 1).map((size) => size.get(1)?.[0] ?? texts(size, 2)[0])
      return [texts(value, 1)[0], tensor.get(1)?.[0], sizes]
    }
    expect(messages(graph, 11).map(signature)).toEqual([['x', 1n, ['tokens', 300n]]])
    expect(messages(graph, 12).map(signature)).toEqual([['y', 7n, []]])
  })
})

describe('the graph builder', () => {
  test("keeps its own names apart from the caller's", () => {
    expect(() => defineGraph('g', (g) => g.input('_0', [1]))).toThrow('not a name')
    expect(() =>
      defineGraph('g', (g) => {
        g.input('x', [1])
        g.output('x', 'x', [1])
      }),
    ).toThrow('already has a value x')
  })

  test.each(['GroupQueryAttention', 'MultiHeadAttention', 'Attention', 'QMoE', 'MoE'])(
    'refuses %s, which is wrong on some devices',
    (operator) => {
      expect(() => defineGraph('g', (g) => g.callMicrosoft(operator, [g.input('x', [1])]))).toThrow('not trusted')
    },
  )

  test.each(['ScatterND', 'ScatterElements'])('refuses %s with a reduction, which races', (operator) => {
    expect(() => defineGraph('g', (g) => g.call(operator, [g.input('x', [1])], { reduction: { text: 'add' } }))).toThrow('data race')
  })
})
