import type { GLOSSARY } from '../locales/en/glossary.ts'
import { t } from '../locales/i18n.ts'

/** A technical term that has a sentence of explanation. */
export type TermName = keyof typeof GLOSSARY

/** What a technical term means, in one sentence. */
export function termSentence(name: TermName): string {
  return t(`glossary.${name}`)
}
