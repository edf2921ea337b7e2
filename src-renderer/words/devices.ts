import type { DeviceName } from '../../src-main/contract/recipe.ts'
import { t } from '../locales/i18n.ts'

/** Devices as a list offers them. */
export const DEVICE_WORDS: Readonly<Record<DeviceName, string>> = {
  get auto() {
    return t('words.device-auto')
  },
  get cpu() {
    return t('words.device-cpu')
  },
  get webgpu() {
    return t('words.device-webgpu')
  },
  get cuda() {
    return t('words.device-cuda')
  },
  get dml() {
    return t('words.device-dml')
  },
  get coreml() {
    return t('words.device-coreml')
  },
}

/** What did the work, inside a sentence; an unknown device keeps its name. */
export function workedOn(device: string): string {
  if (device === 'cpu') return t('words.worked-on-processor')
  if (device === 'coreml') return 'Core ML'
  return device === 'webgpu' || device === 'cuda' || device === 'dml' ? t('words.worked-on-card') : device
}
