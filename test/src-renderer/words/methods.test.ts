import * as z from 'zod'
import { afterAll, describe, expect, it } from 'vitest'
import { methods } from '../../../src-main/methods/index.ts'
import { METHODS } from '../../../src-renderer/words/de/methods.ts'
import { parameterFields } from '../../../src-renderer/wizard/parameter-fields.ts'
import { paperWords, settingWords, summaryWords } from '../../../src-renderer/words/methods.ts'
import { speak } from '../../../src-renderer/words/sayings.ts'

type Method = (typeof methods)[number]
const fieldsOf = ({ id, parameters }: Method) => parameterFields({ ...z.toJSONSchema(parameters, { io: 'input' }) }, null, id)
/** A paper by its name and number alone is the same in every language. */
const isName = (paper: string): boolean => /^[\w- ,]+ ?\([^)]*\)$/.test(paper)
/** Greek letters of papers. */
const LETTERS = ['Alpha', 'Beta', 'Gamma', 'Lambda', 'Eta']

afterAll(() => speak('en'))

describe('what methods and their settings are', () => {
  it.each(methods.map((method) => [method.id, method] as const))('%s is said in both languages', async (_id, method) => {
    await speak('en')
    const english = fieldsOf(method)
    expect(summaryWords(method)).toBe(method.summary)
    expect(english.filter(({ label, hint }) => label === '' || hint === '')).toEqual([])
    await speak('de')
    expect(summaryWords(method)).not.toBe(method.summary)
    if (!isName(method.paper)) expect(paperWords(method).text).not.toBe(method.paper.replace('none: ', ''))
    for (const [at, { key, label, hint }] of fieldsOf(method).entries()) {
      expect(hint, key).not.toBe(english[at]?.hint)
      if (!LETTERS.includes(label)) expect(label, key).not.toBe(english[at]?.label)
    }
  })

  it('is all of methods that there are', () => {
    const ids = methods.map(({ id }) => id)
    expect(Object.keys(METHODS.summaries).sort()).toEqual([...ids].sort())
    expect(Object.keys(METHODS.papers).filter((id) => !ids.includes(id))).toEqual([])
    const settings = new Set(methods.flatMap((method) => fieldsOf(method).flatMap(({ key }) => [key, `${method.id}.${key}`])))
    expect(Object.keys(METHODS.settings).filter((key) => !settings.has(key))).toEqual([])
  })

  it("stays in the method's own words where nobody has translated it", async () => {
    await speak('de')
    const tomorrow = { id: 'tomorrow', summary: 'A method of tomorrow', paper: 'none: a dream' }
    expect(summaryWords(tomorrow)).toBe('A method of tomorrow')
    expect(paperWords(tomorrow)).toEqual({ found: false, text: 'a dream' })
    expect(settingWords('tomorrow', 'dose', { label: 'Dose', hint: 'How much' })).toEqual({ label: 'Dose', hint: 'How much' })
    expect(settingWords('rfid-moe', 'groups', { label: '', hint: '' }).hint).toContain('gemeinsamer Basis')
    expect(settingWords('mobe', 'groups', { label: '', hint: '' }).hint).toContain('eigenen Basen')
  })
})
