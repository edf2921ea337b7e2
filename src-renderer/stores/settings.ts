import { defineStore } from 'pinia'
import { ref, shallowRef, watch } from 'vue'
import type { ErrorShape } from '../../src-main/contract/error-shape.ts'
import { DEFAULT_SETTINGS, Settings } from '../../src-main/contract/settings.ts'
import { useApi } from '../api/api.ts'
import { toFailure } from '../api/failure.ts'
import { languageFor } from '../locales/i18n.ts'
import { setTextSize } from '../ui/text-size.ts'
import { speak } from '../words/sayings.ts'

/** Where the page keeps its own copy, so that the first picture is right already. public/before-paint.js reads it too. */
const KEY = 'whittle.settings'

/** The settings as this page last knew them; the defaults where it never did. */
function lastKnown(): Settings {
  const kept = localStorage.getItem(KEY)
  if (kept === null) return DEFAULT_SETTINGS
  try {
    return Settings.parse({ ...DEFAULT_SETTINGS, ...JSON.parse(kept) })
  } catch (error) {
    console.warn('The kept copy of the settings is not readable; they are read anew', error)
    return DEFAULT_SETTINGS
  }
}

/** What people set once for all runs. Every change is kept at once; one that is refused is taken back. */
export const useSettings = defineStore('settings', () => {
  const api = useApi()
  const all = shallowRef<Settings>(lastKnown())
  /** Whether the service has told them; until then they are what the page remembers. */
  const loaded = ref(false)
  const failure = ref<ErrorShape | null>(null)

  async function load(): Promise<void> {
    try {
      take(await api.call('settings.get', {}))
      failure.value = null
    } catch (error) {
      failure.value = toFailure(error)
    }
  }

  function take(settings: Settings): void {
    all.value = settings
    loaded.value = true
    localStorage.setItem(KEY, JSON.stringify(settings))
  }

  /** Changes some of them; answers why not, or null when they are kept. */
  async function change(some: Partial<Settings>): Promise<ErrorShape | null> {
    const before = all.value
    all.value = { ...before, ...some }
    try {
      take(await api.call('settings.set', some))
      return null
    } catch (error) {
      all.value = before
      return toFailure(error)
    }
  }

  watch(
    () => [all.value.theme, all.value.textSize] as const,
    ([theme, textSize]) => show(theme, textSize),
    { immediate: true },
  )
  watch(
    () => all.value.language,
    () => void adoptLanguage(),
  )

  /** Speaks the chosen language; resolves when everything on screen does. */
  async function adoptLanguage(): Promise<void> {
    await speak(languageFor(all.value.language, navigator.languages))
  }

  return { all, loaded, failure, load, change, adoptLanguage }
})

/** Theme and text size are the browser's to apply: all sizes are in rem, all colors know both themes. */
function show(theme: Settings['theme'], textSize: number): void {
  const root = document.documentElement
  if (theme === 'system') delete root.dataset['theme']
  else root.dataset['theme'] = theme
  root.style.colorScheme = theme === 'system' ? '' : theme
  setTextSize(textSize)
}
