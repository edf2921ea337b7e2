import { encodeModel } from './onnx-writer.ts'
import type { Attribute, Dimension, ElementType, Initializer, Node, ValueInfo } from './onnx-writer.ts'

/** The name of a value inside a graph. */
export type Value = string

/** A computation ONNX Runtime can run: its signature, and its model bytes, made when first asked for. */
export interface Graph {
  /** Names the computation and every number built into it; two graphs of one id must be equal. */
  readonly id: string
  readonly inputs: readonly ValueInfo[]
  readonly outputs: readonly ValueInfo[]
  /** The ONNX model. */
  encode(): Uint8Array
}

/** Puts a graph together, operator by operator. */
export interface GraphBuilder {
  /** Declares an input. Strings in `dims` are sizes free until the run. */
  input(name: string, dims: readonly Dimension[], type?: ElementType): Value
  /** Names `value` as an output of the graph. */
  output(name: string, value: Value, dims: readonly Dimension[], type?: ElementType): void
  /** A float32 constant, a scalar unless `dims` is given. */
  floats(data: readonly number[] | Float32Array, dims: readonly number[]): Value
  /** A constant list of int64, as shapes and axes want it. */
  integers(data: readonly number[]): Value
  /** Calls an operator with one output. */
  call(operator: string, inputs: readonly Value[], attributes?: Readonly<Record<string, Attribute>>): Value
  /** Calls one of ONNX Runtime's own operators. */
  callMicrosoft(operator: string, inputs: readonly Value[], attributes?: Readonly<Record<string, Attribute>>): Value
}

/**
 * Operators that gave wrong numbers when measured, and are therefore refused: fused attention on WebGPU from 33 tokens on,
 * quantized MoE where CPU and WebGPU disagree.
 */
const DISTRUSTED = new Set(['GroupQueryAttention', 'MultiHeadAttention', 'Attention', 'QMoE', 'MoE'])

/** Scattering with a reduction races on the CPU when indices repeat: wrong in most runs with two threads. */
function refuseUnsound(operator: string, attributes: Readonly<Record<string, Attribute>>): void {
  if (DISTRUSTED.has(operator)) throw new Error(`operator ${operator} is not trusted on every device`)
  if (operator.startsWith('Scatter') && 'reduction' in attributes) throw new Error(`${operator} with a reduction is a data race`)
}

/** Names that begin with an underscore belong to the builder; everything else to its callers, so the two never clash. */
function checkName(name: string, taken: Set<string>): void {
  if (!/^[A-Za-z][A-Za-z0-9_]*$/.test(name)) throw new Error(`${JSON.stringify(name)} is not a name for a graph's value`)
  if (taken.has(name)) throw new Error(`the graph already has a value ${name}`)
  taken.add(name)
}

/** Builds the graph `id` by running `build` once; mistakes in names and unsound operators are thrown here. */
export function defineGraph(id: string, build: (g: GraphBuilder) => void): Graph {
  const nodes: Node[] = []
  const initializers: Initializer[] = []
  const inputs: ValueInfo[] = []
  const outputs: ValueInfo[] = []
  const taken = new Set<string>()
  let generated = 0
  const fresh = (): Value => `_${generated++}`
  const constant = (rest: Omit<Initializer, 'name'>): Value => {
    const name = fresh()
    initializers.push({ name, ...rest })
    return name
  }
  const call =
    (domain: Node['domain']) =>
    (operator: string, values: readonly Value[], attributes: Node['attributes'] = {}): Value => {
      refuseUnsound(operator, attributes)
      const result = fresh()
      nodes.push({ operator, domain, inputs: values, outputs: [result], attributes })
      return result
    }
  build({
    input(name, dims, type = 'float32') {
      checkName(name, taken)
      inputs.push({ name, dims, type })
      return name
    },
    output(name, value, dims, type = 'float32') {
      checkName(name, taken)
      nodes.push({ operator: 'Identity', domain: '', inputs: [value], outputs: [name], attributes: {} })
      outputs.push({ name, dims, type })
    },
    floats: (data, dims) => constant({ type: 'float32', dims, data: Float32Array.from(data) }),
    integers: (data) => constant({ type: 'int64', dims: [data.length], data: BigInt64Array.from(data, BigInt) }),
    call: call(''),
    callMicrosoft: call('com.microsoft'),
  })
  let bytes: Uint8Array | null = null
  return { id, inputs, outputs, encode: () => (bytes ??= encodeModel({ name: id, nodes, initializers, inputs, outputs })) }
}

/** x W^T for x (rows, in) and W (out, in) as checkpoints store it. Gemm, because on WebGPU it is 6 times faster than Transpose + MatMul. */
export function linear(g: GraphBuilder, x: Value, weight: Value): Value {
  return g.call('Gemm', [x, weight], { transB: { int: 1 } })
}

/** x / rms(x) * weight over the last dimension. */
export function rmsNorm(g: GraphBuilder, x: Value, weight: Value, epsilon: number): Value {
  return g.call('SimplifiedLayerNormalization', [x, weight], { axis: { int: -1 }, epsilon: { float: epsilon } })
}

/** `x` in another shape; 0 keeps a size, -1 takes what is left. */
export function reshape(g: GraphBuilder, x: Value, dims: readonly number[]): Value {
  return g.call('Reshape', [x, g.integers(dims)])
}

/** `x` with its dimensions in another order. */
export function transpose(g: GraphBuilder, x: Value, order: readonly number[]): Value {
  return g.call('Transpose', [x], { perm: { ints: order } })
}

/** Elements [start, end) of `x` along `axis`. */
export function slice(g: GraphBuilder, x: Value, axis: number, start: number, end: number): Value {
  return g.call('Slice', [x, g.integers([start]), g.integers([end]), g.integers([axis])])
}

/** Values laid one after the other along `axis`. */
export function concat(g: GraphBuilder, values: readonly Value[], axis: number): Value {
  const [first] = values
  return values.length === 1 && first !== undefined ? first : g.call('Concat', values, { axis: { int: axis } })
}
