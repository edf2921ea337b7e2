import { inject, provide, reactive, ref, type InjectionKey, type Ref } from 'vue'
import type { ErrorShape } from '../../src-main/contract/error-shape.ts'
import type { Settings } from '../../src-main/contract/settings.ts'
import { t } from '../locales/i18n.ts'
import { useSettings } from '../stores/settings.ts'

type Field = keyof Settings

/** How the sections of the page keep what was changed, and where they find what was refused. */
export interface Saving {
  /** Keeps one setting; answers whether it went well. */
  save<F extends Field>(field: F, value: Settings[F]): Promise<boolean>
  /** Why the last change of a field was refused. */
  readonly failures: Partial<Record<Field, ErrorShape>>
  /** What a screen reader is told: once for each change that was kept. */
  readonly said: Ref<string>
}

const SAVING: InjectionKey<Saving> = Symbol('saving')

/** For the page. */
export function provideSaving(): Saving {
  const settings = useSettings()
  const failures = reactive<Partial<Record<Field, ErrorShape>>>({})
  const said = ref('')
  const saving: Saving = {
    failures,
    said,
    save: async (field, value) => {
      said.value = ''
      const failure = await settings.change({ [field]: value })
      if (failure) failures[field] = failure
      else Reflect.deleteProperty(failures, field)
      if (!failure) said.value = t('settings.saved')
      return failure === null
    },
  }
  provide(SAVING, saving)
  return saving
}

/** For the sections. */
export function useSaving(): Saving {
  const saving = inject(SAVING)
  if (!saving) throw new Error('A section of the settings outside their page')
  return saving
}
