import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { errorFacts } from '../../../src-renderer/words/error-facts.ts'
import { ERROR_WORDS, errorWords } from '../../../src-renderer/words/errors.ts'

/** The codes as the contract's source states them: a type leaves no list at run time. */
function contractCodes(): string[] {
  const source = readFileSync('src-main/contract/errors.ts', 'utf8')
  const union = /export type ErrorCode =([\s\S]*?)\n\n/.exec(source)?.[1] ?? ''
  return [...union.matchAll(/'([a-z-]+)'/g)].map((match) => String(match[1]))
}

describe('words for errors', () => {
  const codes = contractCodes()

  it('finds the codes in the contract', () => {
    expect(codes.length).toBeGreaterThan(40)
    expect(codes).toContain('shard-truncated')
  })

  it.each(codes)('%s says what happened, why, and what to do, with and without facts', (code) => {
    expect(Object.keys(ERROR_WORDS)).toContain(code)
    for (const details of [{}, { path: '/m/x', folder: '/m', tensor: 'blk.0', reason: 'broken', budgetBytes: 5, smallestBytes: 9, layer: 3 }]) {
      const words = errorWords({ code, message: '', details })
      for (const sentence of [words.what, words.why, words.remedy]) {
        expect(sentence).toMatch(/^["/“A-Za-z].*[.!?)]$/s)
        expect(sentence).not.toMatch(/undefined|\[object|NaN|\bnull\b/)
      }
    }
  })

  it('names the numbers of a budget that is too small', () => {
    const words = errorWords({ code: 'budget-too-small', message: '', details: { budgetBytes: 3_000_000_000, smallestBytes: 9_500_000_000 } })
    expect(words.why).toBe('You asked for at most 3.00 GB; the smallest file this model can become is 9.50 GB.')
  })

  it('treats a code of a newer version as internal', () => {
    expect(errorWords({ code: 'constructor', message: '', details: {} }).what).toBe('Something went wrong inside Whittle.')
  })
})

describe('facts of an error', () => {
  it('reads any value as text and never trusts its type', () => {
    const facts = errorFacts({ list: ['a', 'b', 'c', 'd', 'e', 'f'], number: 12345, share: 0.125, nested: { a: 1 }, nothing: null })
    expect(facts.text('list', '')).toBe('a, b, c, d, e, …')
    expect(facts.text('number', '')).toBe('12,345')
    expect(facts.text('share', '')).toBe('12.5%')
    expect(facts.text('nested', '')).toBe('{"a":1}')
    expect(facts.text('nothing', 'fallback')).toBe('fallback')
    expect(facts.number('list')).toBeNull()
    expect(facts.either(['absent', 'number'], '')).toBe('12,345')
  })
})
