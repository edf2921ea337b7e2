import type { HostTensor } from '../compute/tensor-handle.ts'

/** An output a graph is known to have. */
export function outputOf(results: Readonly<Record<string, HostTensor>>, name: string): Float32Array {
  const tensor = results[name]
  if (tensor === undefined) throw new Error(`the graph gave no ${name}`)
  return tensor.data
}
