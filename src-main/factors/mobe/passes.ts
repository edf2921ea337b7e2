import type { ComputeSession } from '../../compute/session.ts'
import { hostTensor } from '../../compute/tensor-handle.ts'
import type { DeviceTensor } from '../../compute/tensor-handle.ts'
import type { LinearAlgebra } from '../../kernels/linear-algebra/linear-algebra.ts'
import { jointGradient, normalEquations, reducedGradient, solvedLeft } from './graphs.ts'
import { invertedFactor } from './inverted-factor.ts'
import { chunkShape, chunksOf } from './layer.ts'
import type { Layer } from './layer.ts'

/** What MoBE is learned with: products on a device, small factorizations in float64. */
export interface MobeMath {
  readonly compute: ComputeSession
  readonly algebra: LinearAlgebra
}

/** Experts of one group with their alpha (experts, bases) and the group's bases (bases, rank * columns). */
export interface Members {
  /** Their numbers in the layer. */
  readonly experts: readonly number[]
  readonly mix: Float32Array
  readonly bases: DeviceTensor
}

/** Losses ||R_e||^2 and dloss/dalpha (experts, bases) by member, dloss/dB (bases, rank * columns): the caller disposes it. */
export interface Gradient {
  readonly losses: Float64Array
  readonly mix: Float32Array
  readonly bases: DeviceTensor
}

type Feeds = Parameters<ComputeSession['run']>[1]

/** An output that the graph declares. */
function taken<T>(outputs: Readonly<Record<string, T>>, name: string): T {
  const output = outputs[name]
  if (output === undefined) throw new Error(`a graph gave no ${name}`)
  return output
}

/** What every graph of a chunk is fed with; `first` is the place of its first expert in `members`. */
function commonFeeds(layer: Layer, { mix, bases }: Members, chunk: readonly number[], first: number): Record<string, Feeds[string]> {
  const count = layer.shape.bases / layer.shape.groups
  const feeds: Record<string, Feeds[string]> = {
    bases,
    column: layer.columnOnDevice,
    mix: hostTensor(mix.slice(first * count, (first + chunk.length) * count), [chunk.length, count]),
  }
  chunk.forEach((expert, k) => {
    const target = layer.targets[expert]
    if (target === undefined) throw new RangeError(`no expert ${expert}`)
    feeds[`target${k}`] = target
  })
  return feeds
}

/** Runs `visit` chunk by chunk and adds up what the graphs' backward halves give. */
async function accumulate(
  { compute }: MobeMath,
  layer: Layer,
  members: Members,
  visit: (chunk: number[], first: number, feeds: Record<string, Feeds[string]>) => Promise<Record<string, DeviceTensor>>,
): Promise<Gradient> {
  const count = layer.shape.bases / layer.shape.groups
  const dims = [count, layer.shape.rank * layer.shape.columns]
  const losses = new Float64Array(members.experts.length)
  const mix = new Float32Array(members.experts.length * count)
  let carried = await compute.upload(hostTensor(new Float32Array((dims[0] ?? 0) * (dims[1] ?? 0)), dims))
  let first = 0
  for (const chunk of chunksOf(layer.shape, members.experts)) {
    const outputs = await visit(chunk, first, { ...commonFeeds(layer, members, chunk, first), carried })
    carried.dispose()
    carried = taken(outputs, 'dbases')
    const [lossesOf, mixOf] = [taken(outputs, 'losses'), taken(outputs, 'dmix')]
    losses.set((await compute.download(lossesOf)).data, first)
    mix.set((await compute.download(mixOf)).data, first * count)
    lossesOf.dispose()
    mixOf.dispose()
    first += chunk.length
  }
  return { losses, mix, bases: carried }
}

/**
 * Loss and gradient of A, alpha and B. @param lefts A_e by expert of the layer @returns with dloss/dA_e by member, the caller's to dispose
 */
export async function jointPass(
  math: MobeMath,
  layer: Layer,
  members: Members,
  lefts: readonly DeviceTensor[],
): Promise<Gradient & { lefts: DeviceTensor[] }> {
  const found: DeviceTensor[] = []
  const gradient = await accumulate(math, layer, members, async (chunk, _first, feeds) => {
    chunk.forEach((expert, k) => {
      const left = lefts[expert]
      if (left === undefined) throw new RangeError(`no A for expert ${expert}`)
      feeds[`left${k}`] = left
    })
    const outputs = await math.compute.runOnDevice(jointGradient(chunkShape(layer.shape, chunk.length)), feeds)
    chunk.forEach((_, k) => found.push(taken(outputs, `dleft${k}`)))
    return outputs
  })
  return { ...gradient, lefts: found }
}

/** cross{k} and inverse{k} of a chunk, on the device: the caller disposes them. */
async function solveChunk(
  { compute, algebra }: MobeMath,
  layer: Layer,
  chunk: readonly number[],
  feeds: Feeds,
): Promise<Record<string, DeviceTensor>> {
  const { rank } = layer.shape
  const outputs = await compute.runOnDevice(normalEquations(chunkShape(layer.shape, chunk.length)), feeds)
  const solved: Record<string, DeviceTensor> = {}
  for (const k of chunk.keys()) {
    const gram = taken(outputs, `gram${k}`)
    const { data } = await compute.download(gram)
    gram.dispose()
    solved[`cross${k}`] = taken(outputs, `cross${k}`)
    solved[`inverse${k}`] = await compute.upload(hostTensor(invertedFactor(algebra, data, rank), [rank, rank]))
  }
  return solved
}

/** Loss and gradient of alpha and B where every A_e is the best for them. */
export async function reducedPass(math: MobeMath, layer: Layer, members: Members): Promise<Gradient> {
  return accumulate(math, layer, members, async (chunk, _first, feeds) => {
    const solved = await solveChunk(math, layer, chunk, feeds)
    const outputs = await math.compute.runOnDevice(reducedGradient(chunkShape(layer.shape, chunk.length)), { ...feeds, ...solved })
    for (const tensor of Object.values(solved)) tensor.dispose()
    return outputs
  })
}

/** The best A_e (rows, rank) by member, as copies. */
export async function solveLefts(math: MobeMath, layer: Layer, members: Members): Promise<Float32Array[]> {
  const found: Float32Array[] = []
  for (const chunk of chunksOf(layer.shape, members.experts)) {
    const solved = await solveChunk(math, layer, chunk, commonFeeds(layer, members, chunk, found.length))
    for (const k of chunk.keys()) {
      const outputs = await math.compute.run(solvedLeft, { cross: taken(solved, `cross${k}`), inverse: taken(solved, `inverse${k}`) })
      found.push(taken(outputs, 'left').data)
    }
    for (const tensor of Object.values(solved)) tensor.dispose()
  }
  return found
}
