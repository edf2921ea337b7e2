import { concat, defineGraph, linear, reshape, rmsNorm, slice, transpose } from './graph.ts'
import type { ComputeSession } from './session.ts'
import { hostTensor } from './tensor-handle.ts'
import type { HostTensor } from './tensor-handle.ts'

const TOKENS = 70
const WIDTH = 64
const HEADS = 2
const HEAD_SIZE = WIDTH / HEADS

/**
 * Every operator the forward pass uses, in the shapes in which devices were seen to go wrong: rotary attention of more than 32
 * tokens with a mask in two tiles, a gated expert, the sums of an observer, and a row's log of summed exponentials.
 */
const battery = defineGraph('self-test', (g) => {
  const x = g.input('x', ['tokens', WIDTH])
  const weight = g.input('weight', [WIDTH, WIDTH])
  const mask = g.input('mask', [TOKENS, TOKENS])
  const angles = { cos: g.input('cos', [TOKENS, HEAD_SIZE / 2]), sin: g.input('sin', [TOKENS, HEAD_SIZE / 2]) }
  const norm = g.input('norm', [WIDTH])
  const projected = linear(g, rmsNorm(g, x, norm, 1e-6), weight)
  const heads = transpose(g, reshape(g, projected, [-1, TOKENS, HEADS, HEAD_SIZE]), [0, 2, 1, 3])
  const turned = g.callMicrosoft('RotaryEmbedding', [heads, g.integers([0]), angles.cos, angles.sin])
  const tiles = [
    [0, 48],
    [48, TOKENS],
  ].map(([start = 0, end = 0]) => {
    const scores = g.call('MatMul', [slice(g, turned, 2, start, end), transpose(g, turned, [0, 1, 3, 2])])
    const weights = g.call('Softmax', [g.call('Add', [scores, slice(g, mask, 0, start, end)])], { axis: { int: -1 } })
    return g.call('MatMul', [weights, heads])
  })
  const mixed = reshape(g, transpose(g, concat(g, tiles, 2), [0, 2, 1, 3]), [-1, WIDTH])
  const gate = linear(g, mixed, weight)
  const result = g.call('Add', [x, g.call('Mul', [g.call('Mul', [gate, g.call('Sigmoid', [gate])]), mixed])])
  g.output('result', result, ['tokens', WIDTH])
  g.output('squares', g.call('ReduceSumSquare', [result, g.integers([0])], { keepdims: { int: 0 } }), [WIDTH])
  const axis = g.integers([1])
  const most = g.call('ReduceMax', [result, axis], { keepdims: { int: 1 } })
  const shifted = g.call('ReduceSum', [g.call('Exp', [g.call('Sub', [result, most])]), axis], { keepdims: { int: 0 } })
  g.output('logSums', g.call('Add', [g.call('Log', [shifted]), g.call('Squeeze', [most, axis])]), ['tokens'])
  g.output('largest', g.call('ReduceMax', [g.call('Abs', [result])], { keepdims: { int: 0 } }), [])
})

function inputs(): Record<string, HostTensor> {
  const wave = (length: number, step: number): Float32Array => Float32Array.from({ length }, (_, i) => Math.sin(1 + i * step))
  const angle = (i: number): number => Math.floor(i / (HEAD_SIZE / 2)) * 0.9 ** (i % (HEAD_SIZE / 2))
  const table = (of: (angle: number) => number): Float32Array =>
    Float32Array.from({ length: (TOKENS * HEAD_SIZE) / 2 }, (_, i) => of(angle(i)))
  const mask = Float32Array.from({ length: TOKENS * TOKENS }, (_, i) => (i % TOKENS > Math.floor(i / TOKENS) ? -1e9 : 0))
  return {
    x: hostTensor(wave(TOKENS * WIDTH, 1.7), [TOKENS, WIDTH]),
    weight: hostTensor(
      wave(WIDTH * WIDTH, 2.3).map((value) => value / 4),
      [WIDTH, WIDTH],
    ),
    norm: hostTensor(wave(WIDTH, 0.1), [WIDTH]),
    mask: hostTensor(mask, [TOKENS, TOKENS]),
    cos: hostTensor(table(Math.cos), [TOKENS, HEAD_SIZE / 2]),
    sin: hostTensor(table(Math.sin), [TOKENS, HEAD_SIZE / 2]),
  }
}

/** Largest difference over all elements, against the largest of `wanted`; NaN counts as infinite. */
function distance(found: Float32Array, wanted: Float32Array): number {
  const scale = wanted.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
  return wanted.reduce((most, value, i) => {
    const difference = Math.abs(value - (found[i] as number)) / scale
    return Number.isNaN(difference) ? Infinity : Math.max(most, difference)
  }, 0)
}

/**
 * How far `device` is from `reference` (a session on the CPU) over the operators the forward pass uses, relative, 0 when equal;
 * weights are uploaded and brought back on the way. A sound device stays under 1e-4.
 */
export async function compareDevices(device: ComputeSession, reference: ComputeSession): Promise<number> {
  const { weight, ...rest } = inputs()
  if (weight === undefined) throw new Error('the self-test has no weight')
  const held = await device.upload(weight)
  try {
    const wanted = await reference.run(battery, { ...rest, weight })
    const found = await device.run(battery, { ...rest, weight: held })
    const returned = await device.download(held)
    const distances = Object.entries(wanted).map(([name, tensor]) => distance(found[name]?.data ?? new Float32Array(0), tensor.data))
    return Math.max(distance(returned.data, weight.data), ...distances)
  } finally {
    held.dispose()
  }
}
