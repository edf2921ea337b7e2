import { describe, expect, it } from 'vitest'
import { DE } from '../../../src-renderer/locales/de/german.ts'
import { EN } from '../../../src-renderer/locales/en/english.ts'
import { setLanguage, t, type MessageKey } from '../../../src-renderer/locales/i18n.ts'

/** Messages that read the same in German: names, formulas, words German took over. */
const SAME_IN_GERMAN = new Set(['result.offer-code', 'words.device-coreml'])

const flat = (catalog: Readonly<Record<string, Readonly<Record<string, string>>>>): Map<string, string> =>
  new Map(
    Object.entries(catalog).flatMap(([area, messages]) =>
      Object.entries(messages).map(([key, message]) => [`${area}.${key}`, message] as const),
    ),
  )
const english = flat(EN)
const german = flat(DE)

/** Names in braces, without those that stand for a literal sign. */
const names = (message: string): string[] => [...new Set([...message.matchAll(/\{\s*(\w+)\s*\}/g)].map((match) => String(match[1])))].sort()
const forms = (message: string): number => message.split(' | ').length

describe('catalogs', () => {
  it('has hundreds of messages', () => {
    expect(english.size).toBeGreaterThan(300)
  })

  it.each([...english.keys()])('%s is in both languages, with the same values and as many plural forms', (key) => {
    const [en, de] = [english.get(key) ?? '', german.get(key) ?? '']
    expect(en.trim()).not.toBe('')
    expect(de.trim()).not.toBe('')
    // A form for "none" may do without the number that the others name, in one language as in the other.
    expect(names(de)).toEqual(names(en))
    expect(forms(de)).toBe(forms(en))
  })

  /** What a message must come to: the form that is asked for, each name's value, each sign in quotes as itself. */
  const filled = (message: string, form: number, values: Readonly<Record<string, string>>): string =>
    (message.split(' | ')[form] ?? '').replace(
      /\{\s*(?:'([^']*)'|(\w+))\s*\}/g,
      (_, sign: string | undefined, name: string | undefined) => sign ?? values[name ?? ''] ?? '?',
    )

  it.each([
    ['en', english],
    ['de', german],
  ] as const)('%s: no sign of a message is taken for syntax', async (language, catalog) => {
    await setLanguage(language)
    for (const [key, message] of catalog) {
      const values = Object.fromEntries(names(message).map((name) => [name, `<${name}>`]))
      const count = forms(message)
      if (count === 1)
        expect(t(key as MessageKey, values), key).toBe(filled(message, 0, values)) // a key of the catalog itself
      // Two forms: one, others. Three: none, one, others.
      else
        for (const plural of count === 2 ? [1, 2] : [0, 1, 2])
          expect(t(key as MessageKey, values, plural), key).toBe(filled(message, count === 2 ? plural - 1 : plural, values))
    }
    await setLanguage('en')
  })

  it('is translated: sentences differ', () => {
    const same = [...english]
      .filter(
        ([key, message]) =>
          german.get(key) === message && /[a-z]{3,} [a-z]{2,}/i.test(message.replace(/\{[^}]*\}/g, '')) && !SAME_IN_GERMAN.has(key),
      )
      .map(([key]) => key)
    expect(same).toEqual([])
  })

  it('speaks politely in German, and writes its quotation marks', () => {
    const rude = [...german]
      .filter(
        ([key, message]) => /\b(du|dein|deine|deinen|dir|dich)\b/i.test(message) || (/"/.test(message) && !english.get(key)?.includes('"')),
      )
      .map(([key]) => key)
    expect(rude).toEqual([])
  })

  it('leaves no English function words in German', () => {
    const left = [...german]
      .filter(([, message]) => /\b(the|and|with|your|which|this)\b/i.test(message.replace(/[\w-]*[-_/.][\w./-]*/g, '')))
      .map(([key, message]) => `${key}: ${message}`)
    expect(left).toEqual([])
  })
})
