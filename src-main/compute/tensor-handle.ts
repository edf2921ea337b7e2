import type { DeviceName } from '../contract/recipe.ts'
import { elementCount } from '../tensor/tensor.ts'

/** A device that can run graphs: every name but 'auto', which is a wish, not a place. */
export type DeviceId = Exclude<DeviceName, 'auto'>

/** Numbers in this process's memory, in a shape. `data` may be a view into something larger; it is never copied on the way in. */
export interface HostTensor {
  readonly data: Float32Array
  readonly dims: readonly number[]
}

/** A host tensor of `data` as `dims`. Throws RangeError when they do not fit. */
export function hostTensor(data: Float32Array, dims: readonly number[]): HostTensor {
  if (elementCount(dims) !== data.length) throw new RangeError(`${data.length} numbers are not a tensor of [${dims.join(', ')}]`)
  return { data, dims }
}

/**
 * Float32 numbers that lie on a device. The numbers cannot be reached from here: only a session of the same device reads
 * them, and only `ComputeSession.download` brings them back. Whoever holds a handle disposes it.
 */
export class DeviceTensor {
  readonly device: DeviceId
  readonly dtype = 'float32'
  readonly dims: readonly number[]
  #release: (() => void) | null

  /** Made by a session only; `release` frees the memory behind it. */
  constructor(device: DeviceId, dims: readonly number[], release: () => void) {
    this.device = device
    this.dims = dims
    this.#release = release
  }

  get disposed(): boolean {
    return this.#release === null
  }

  /** Frees the device's memory. Disposing twice is allowed. */
  dispose(): void {
    this.#release?.()
    this.#release = null
  }
}
