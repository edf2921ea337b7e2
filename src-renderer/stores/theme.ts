import { defineStore } from 'pinia'
import { ref, watchEffect } from 'vue'

export const THEMES = ['auto', 'light', 'dark'] as const
export type Theme = (typeof THEMES)[number]

const KEY = 'whittle.theme'

/** Light, dark, or as the system says. */
export const useTheme = defineStore('theme', () => {
  const stored = localStorage.getItem(KEY)
  const theme = ref<Theme>(THEMES.find((each) => each === stored) ?? 'auto')
  watchEffect(() => {
    localStorage.setItem(KEY, theme.value)
    if (theme.value === 'auto') delete document.documentElement.dataset.theme
    else document.documentElement.dataset.theme = theme.value
  })
  return { theme }
})
