import { ExpectedError } from '../../../src-main/contract/errors.ts'
import { DEFAULT_SETTINGS, type Settings } from '../../../src-main/contract/settings.ts'

/** Answers of the settings, updates and diagnostics over `initial`. A folder named "nowhere" is refused, as one that is not there. */
export function settingsAnswers(initial: Partial<Settings> = {}): Record<string, (input: never) => unknown> {
  let settings: Settings = { ...DEFAULT_SETTINGS, modelFolders: ['/home/me/models', '/mnt/big/language-models'], ...initial }
  const update = { version: null, notes: null, reason: null }
  return {
    'settings.get': () => settings,
    'settings.set': (some: Partial<Settings>) => {
      const missing = [...(some.modelFolders ?? []), some.outputFolder, some.calibrationFolder].find((path) => path?.includes('nowhere'))
      if (missing) throw new ExpectedError('settings-invalid', { field: 'outputFolder', path: missing, reason: 'folder-missing' })
      settings = { ...settings, ...some }
      return settings
    },
    'update.check': () =>
      settings.updates === 'off'
        ? { ...update, state: 'off' }
        : { state: 'available', version: '0.2.0', notes: 'Plans are made twice as fast.\nTwo more model families.', reason: null },
    'update.install': () => ({ ...update, state: 'ready', version: '0.2.0' }),
    'app.diagnostics': () => ({
      text: 'Whittle 0.1.0, web page\nLinux 6.8, x64, 24 threads, 34.4 GB of memory\nkernels: native\nllama.cpp: b6100\n\nLast errors\n  disk-full (compress)\n',
    }),
    'host.openFolder': () => ({}),
  }
}
