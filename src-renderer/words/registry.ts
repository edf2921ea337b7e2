import { REGISTRY } from '../locales/en/registry.ts'
import { t } from '../locales/i18n.ts'

const KEYS = new Map(Object.entries(REGISTRY).map(([key, text]) => [text, key as keyof typeof REGISTRY])) // keys of that very object

/** A text of the registry of methods in the language chosen; one that nobody has translated yet stays in the core's English. */
export function registryWords(english: string): string {
  const key = KEYS.get(english)
  return key === undefined ? english : t(`registry.${key}`)
}
