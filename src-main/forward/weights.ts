import type { ComputeSession } from '../compute/session.ts'
import { hostTensor } from '../compute/tensor-handle.ts'
import type { DeviceTensor } from '../compute/tensor-handle.ts'
import type { LazyTensor } from '../tensor/tensor.ts'

/** Weights read and put on the device, for the length of one piece of work; nothing is remembered between pieces. */
export async function withWeights<N extends string, R>(
  compute: ComputeSession,
  sources: Readonly<Record<N, Pick<LazyTensor, 'read' | 'shape'>>>,
  work: (weights: Readonly<Record<N, DeviceTensor>>) => Promise<R>,
): Promise<R> {
  const weights = {} as Record<N, DeviceTensor>
  try {
    for (const name of Object.keys(sources) as N[]) {
      const source = sources[name]
      weights[name] = await compute.upload(hostTensor(await source.read(), source.shape))
    }
    return await work(weights)
  } finally {
    for (const name of Object.keys(weights) as N[]) weights[name].dispose()
  }
}
