import { createI18n } from 'vue-i18n'
import { LANGUAGES, type Language } from '../../src-main/contract/settings.ts'
import { EN } from './en/english.ts'

type Catalog = typeof EN

/** `area.name` of every message: the areas are the files of locales/en. */
export type MessageKey = { [A in keyof Catalog & string]: `${A}.${keyof Catalog[A] & string}` }[keyof Catalog & string]

const i18n = createI18n({
  legacy: false,
  locale: 'en',
  fallbackLocale: 'en',
  messages: { en: EN } as Record<string, Catalog>,
  missingWarn: false,
  fallbackWarn: false,
  warnHtmlMessage: false,
})

/**
 * A message in the language chosen now. Read in a template or a computed value, it follows a change of language.
 * `parameters` fill the message's {names}; `plural` chooses between its forms, which are parted by " | ", and fills {n}.
 */
export function t(key: MessageKey, parameters: Readonly<Record<string, string | number>> = {}, plural?: number): string {
  return plural === undefined
    ? i18n.global.t(key, parameters)
    : i18n.global.t(key, { n: plural.toLocaleString(region()), ...parameters }, plural)
}

/** The language chosen now; reactive like {@link t}. */
export function language(): Language {
  return LANGUAGES.find((each) => each === i18n.global.locale.value) ?? 'en'
}

/** The chosen language as the system's region writes its numbers and dates: British English has its own. */
export function region(): string {
  const chosen = language()
  return navigator.languages.find((tag) => tag === chosen || tag.startsWith(`${chosen}-`)) ?? chosen
}

/** The language to start with: the chosen one, else the system's where there is a catalog of it. */
export function languageFor(chosen: Language | null, preferred: readonly string[]): Language {
  if (chosen !== null) return chosen
  for (const tag of preferred) {
    const found = LANGUAGES.find((each) => tag === each || tag.startsWith(`${each}-`))
    if (found !== undefined) return found
  }
  return 'en'
}

/** Switches all text, numbers and dates, and tells the browser. Catalogs other than English are fetched when first asked for. */
export async function setLanguage(chosen: Language): Promise<void> {
  if (chosen === 'de') i18n.global.setLocaleMessage('de', (await import('./de/german.ts')).DE)
  i18n.global.locale.value = chosen
  document.documentElement.lang = chosen
}
