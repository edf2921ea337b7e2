import type { DeviceName } from '../../src-main/contract/recipe.ts'

/** Devices as a list offers them. */
export const DEVICE_WORDS: Readonly<Record<DeviceName, string>> = {
  auto: 'Automatic: the fastest that works', cpu: 'Processor', webgpu: 'Graphics card (WebGPU)', cuda: 'NVIDIA graphics card (CUDA)',
  dml: 'Graphics card (DirectML)', coreml: 'Apple (Core ML)',
}

/** What did the work, inside a sentence; an unknown device keeps its name. */
export function workedOn(device: string): string {
  if (device === 'cpu') return 'the processor'
  if (device === 'coreml') return 'Core ML'
  return device === 'webgpu' || device === 'cuda' || device === 'dml' ? 'the graphics card' : device
}
