/**
 * Writes ONNX models as protobuf bytes. Only the fields Whittle uses; field numbers are those of onnx.proto (ONNX 1.x).
 * Written by hand because a generated codec costs 20-100 ms of import time for the eight messages needed.
 */

/** ONNX operator set of every graph. 18: from 23 on WebGPU loses operators to the CPU; 26 is the newest ONNX Runtime 1.30 reads. */
export const OPSET = 18
/** ONNX file format version. */
export const IR_VERSION = 10

/** Element types a graph may use, with their numbers in TensorProto.DataType. */
export const ELEMENT_TYPES = { float32: 1, int32: 6, int64: 7, bool: 9 } as const
export type ElementType = keyof typeof ELEMENT_TYPES

/** A dimension: a fixed size, or the name of a size that is free until the run. */
export type Dimension = number | string

/** A graph's input or output. */
export interface ValueInfo {
  readonly name: string
  readonly type: ElementType
  readonly dims: readonly Dimension[]
}

/** A value of an operator's attribute. */
export type Attribute = { int: number } | { float: number } | { ints: readonly number[] } | { text: string }

/** One operator call. `domain` is '' for ONNX itself and 'com.microsoft' for ONNX Runtime's own operators. */
export interface Node {
  readonly operator: string
  readonly domain: '' | 'com.microsoft'
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly attributes: Readonly<Record<string, Attribute>>
}

/** A constant stored in the model. */
export interface Initializer {
  readonly name: string
  readonly type: ElementType
  readonly dims: readonly number[]
  readonly data: Float32Array | BigInt64Array | Int32Array
}

/** Everything a model file says. */
export interface ModelDescription {
  readonly name: string
  readonly nodes: readonly Node[]
  readonly initializers: readonly Initializer[]
  readonly inputs: readonly ValueInfo[]
  readonly outputs: readonly ValueInfo[]
}

const VARINT = 0
const LENGTH_DELIMITED = 2
const FIXED32 = 5

/** One protobuf message under construction: a list of byte pieces, joined once at the end. */
interface Message {
  readonly pieces: Uint8Array[]
  length: number
}

const message = (): Message => ({ pieces: [], length: 0 })

function append(target: Message, bytes: Uint8Array): void {
  target.pieces.push(bytes)
  target.length += bytes.length
}

/** A varint; negative numbers as 64-bit two's complement, as protobuf's int64 wants. */
function varint(value: number): Uint8Array {
  if (value >= 0 && value < 128) return Uint8Array.of(value)
  const bytes: number[] = []
  let rest = BigInt.asUintN(64, BigInt(value))
  while (rest > 127n) {
    bytes.push(Number(rest & 127n) | 128)
    rest >>= 7n
  }
  bytes.push(Number(rest))
  return Uint8Array.from(bytes)
}

function tag(target: Message, field: number, wireType: number): void {
  append(target, varint((field << 3) | wireType))
}

function integer(target: Message, field: number, value: number): void {
  tag(target, field, VARINT)
  append(target, varint(value))
}

function float(target: Message, field: number, value: number): void {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setFloat32(0, value, true)
  tag(target, field, FIXED32)
  append(target, bytes)
}

function blob(target: Message, field: number, bytes: Uint8Array): void {
  tag(target, field, LENGTH_DELIMITED)
  append(target, varint(bytes.length))
  append(target, bytes)
}

const encoder = new TextEncoder()

function text(target: Message, field: number, value: string): void {
  blob(target, field, encoder.encode(value))
}

function nested(target: Message, field: number, inner: Message): void {
  tag(target, field, LENGTH_DELIMITED)
  append(target, varint(inner.length))
  for (const piece of inner.pieces) append(target, piece)
}

function join(source: Message): Uint8Array {
  const out = new Uint8Array(source.length)
  let at = 0
  for (const piece of source.pieces) {
    out.set(piece, at)
    at += piece.length
  }
  return out
}

/** AttributeProto: name 1, f 2, i 3, s 4, ints 8, type 20. */
function attributeMessage(name: string, value: Attribute): Message {
  const out = message()
  text(out, 1, name)
  if ('float' in value) {
    float(out, 2, value.float)
    integer(out, 20, 1)
  } else if ('int' in value) {
    integer(out, 3, value.int)
    integer(out, 20, 2)
  } else if ('text' in value) {
    text(out, 4, value.text)
    integer(out, 20, 3)
  } else {
    for (const item of value.ints) integer(out, 8, item)
    integer(out, 20, 7)
  }
  return out
}

/** NodeProto: input 1, output 2, name 3, op_type 4, attribute 5, domain 7. */
function nodeMessage(node: Node, index: number): Message {
  const out = message()
  for (const input of node.inputs) text(out, 1, input)
  for (const output of node.outputs) text(out, 2, output)
  text(out, 3, `${index}_${node.operator}`)
  text(out, 4, node.operator)
  for (const [name, value] of Object.entries(node.attributes)) nested(out, 5, attributeMessage(name, value))
  if (node.domain !== '') text(out, 7, node.domain)
  return out
}

/** TensorProto: dims 1, data_type 2, name 8, raw_data 9 (little-endian, as every machine Whittle runs on). */
function initializerMessage(constant: Initializer): Message {
  const out = message()
  for (const size of constant.dims) integer(out, 1, size)
  integer(out, 2, ELEMENT_TYPES[constant.type])
  text(out, 8, constant.name)
  blob(out, 9, new Uint8Array(constant.data.buffer, constant.data.byteOffset, constant.data.byteLength))
  return out
}

/** ValueInfoProto: name 1, type 2 { tensor_type 1 { elem_type 1, shape 2 { dim 1 { dim_value 1 | dim_param 2 } } } }. */
function valueMessage(value: ValueInfo): Message {
  const shape = message()
  for (const size of value.dims) {
    const dimension = message()
    if (typeof size === 'string') text(dimension, 2, size)
    else integer(dimension, 1, size)
    nested(shape, 1, dimension)
  }
  const tensor = message()
  integer(tensor, 1, ELEMENT_TYPES[value.type])
  nested(tensor, 2, shape)
  const type = message()
  nested(type, 1, tensor)
  const out = message()
  text(out, 1, value.name)
  nested(out, 2, type)
  return out
}

/** GraphProto: node 1, name 2, initializer 5, input 11, output 12. */
function graphMessage(model: ModelDescription): Message {
  const out = message()
  model.nodes.forEach((node, index) => nested(out, 1, nodeMessage(node, index)))
  text(out, 2, model.name)
  for (const constant of model.initializers) nested(out, 5, initializerMessage(constant))
  for (const value of model.inputs) nested(out, 11, valueMessage(value))
  for (const value of model.outputs) nested(out, 12, valueMessage(value))
  return out
}

function operatorSet(domain: string, version: number): Message {
  const out = message()
  text(out, 1, domain)
  integer(out, 2, version)
  return out
}

/** The bytes of an ONNX model (ModelProto: ir_version 1, graph 7, opset_import 8), ready for ONNX Runtime. */
export function encodeModel(model: ModelDescription): Uint8Array {
  const out = message()
  integer(out, 1, IR_VERSION)
  nested(out, 7, graphMessage(model))
  nested(out, 8, operatorSet('', OPSET))
  nested(out, 8, operatorSet('com.microsoft', 1))
  return join(out)
}
