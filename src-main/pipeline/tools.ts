import { availableParallelism } from 'node:os'
import type { KernelsMissing } from '../contract/error-details.ts'
import { resolveDevice } from '../compute/device.ts'
import { openForward } from '../forward/forward.ts'
import type { Forward } from '../forward/forward.ts'
import { keepGain } from '../kernels/keep-gain.ts'
import type { Kernels } from '../kernels/kernels.ts'
import { loadKernels } from '../kernels/load.ts'
import { gatedModel } from './gate.ts'
import type { Gate } from './gate.ts'
import type { Job } from './job.ts'
import { resourcePlaceOf } from './resource-names.ts'
import { openSource } from './source.ts'
import type { Source } from './source.ts'

/** What every job works with. */
export interface Tools {
  readonly kernels: Kernels
  /** Why the kernels are not the native ones, or null. */
  readonly kernelsMissing: KernelsMissing | null
  readonly source: Source
  readonly forward: Forward
  /** Threads for encoding and for llama.cpp. */
  readonly threads: number
  close(): Promise<void>
}

/**
 * Opens a job's model and device; every read of the model passes the gate. Throws ExpectedError with an 'open' code, or
 * 'device-unavailable'.
 */
export async function openTools({ recipe, folders }: Pick<Job, 'recipe' | 'folders'>, gate: Gate | null = null): Promise<Tools> {
  const { kernels: plain, missing } = loadKernels()
  const kernels = keepGain(plain)
  const opened = await openSource(resourcePlaceOf(recipe.modelPath, folders.resources), kernels, recipe.preTokenizer)
  const source = gate === null ? opened : { ...opened, model: gatedModel(opened.model, gate) }
  try {
    const forward = openForward({ device: await resolveDevice(recipe.device, recipe.threads), threads: recipe.threads })
    const close = async (): Promise<void> => {
      await forward.close().finally(() => source.model.close())
    }
    return { kernels, kernelsMissing: missing, source, forward, threads: recipe.threads || availableParallelism(), close }
  } catch (error) {
    await source.model.close()
    throw error
  }
}
