import { afterAll, describe, expect, it } from 'vitest'
import { reasonText, REASONS, type Because, type Reason } from '../../../src-main/contract/reasons.ts'
import { REASONS as GERMAN } from '../../../src-renderer/words/de/reasons.ts'
import { ENGLISH_ERRORS } from '../../../src-renderer/words/en/errors/english-errors.ts'
import { errorWords } from '../../../src-renderer/words/errors.ts'
import { speak } from '../../../src-renderer/words/sayings.ts'

const reasons = Object.keys(REASONS) as Reason[] // the keys of that very object
const names = (sentence: string): string[] => [...sentence.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? '').sort()

/** A reason with something for each of its names. */
function example(reason: Reason): Because {
  return { reason, ...Object.fromEntries(names(REASONS[reason]).map((name, at) => [name, `x${at}`])) } as Because // by its names
}

/** All that is said of an error that has every fact a sentence may ask for. */
function said(code: string, because: Because): string {
  const details = { path: '/m/x', folder: '/m', tensor: 'blk.0', method: 'mc', ...because }
  const { what, why, remedy } = errorWords({ code, message: '', details })
  return `${what} ${why} ${remedy}`
}

afterAll(() => speak('en'))

describe('every reason', () => {
  it.each(reasons)('%s has its own words in both languages, with the same facts', (reason) => {
    expect(names(GERMAN[reason])).toEqual(names(REASONS[reason]))
    expect(GERMAN[reason]).not.toBe(REASONS[reason])
    for (const clause of [REASONS[reason], GERMAN[reason]]) expect(clause).not.toMatch(/[.!?]$|undefined|^\s|\s$/)
  })

  it.each(Object.keys(ENGLISH_ERRORS))('is told under %s whole, and in German without a word of English', async (code) => {
    await speak('en')
    for (const reason of reasons) expect(said(code, example(reason))).not.toMatch(/undefined|\{|\}|\[object|NaN|\.\./)
    await speak('de')
    for (const reason of reasons) {
      const text = said(code, example(reason))
      expect(text).not.toMatch(/undefined|\{|\}|\[object|NaN|\.\.|\b(the|is|and|you|it)\b/)
      expect(text).not.toContain(reasonText(example(reason)))
    }
  })
})
