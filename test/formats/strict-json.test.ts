import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type JsonLimits, JsonRefused, parseStrictJson } from '../../src-main/formats/strict-json.ts'

const parse = (text: string, limits: Partial<JsonLimits> = {}) =>
  parseStrictJson(new TextEncoder().encode(text), { depth: 32, values: 10_000, ...limits })

test('agrees with JSON.parse on everything JSON.stringify writes', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5 }), fc.constantFrom('', ' ', '\n\t'), (value, indent) => {
      const text = JSON.stringify(value, null, indent)
      expect(parse(text)).toEqual(JSON.parse(text))
    }),
    { numRuns: 500, seed: 3 },
  )
})

test.each([
  ['a key twice', '{"a":1,"b":{"a":2},"a":3}'],
  ['a key twice, deeper', '[{"x":{"a":1, "a" :2}}]'],
  ['a key twice, spelled differently', String.raw`{"\u0061":1,"a":2}`],
  ['deeper than allowed', '['.repeat(33) + ']'.repeat(33)],
  ['text after the value', '{} {}'],
  ['a string without an end', '{"a'],
  ['a backslash at the end', '{"a\\'],
  ['a bad escape in a key', String.raw`{"\x":1}`],
])('refuses %s', (_, text) => {
  expect(() => parse(text)).toThrow(JsonRefused)
})

test('the same key in different objects, and values that look like keys, are fine', () => {
  expect(parse('[{"a":"a"},{"a":["a","a"]},{"b":{"b":"b:"}}]')).toEqual([{ a: 'a' }, { a: ['a', 'a'] }, { b: { b: 'b:' } }])
})

test.each([
  ['values', { values: 5 }, '[1,2,3,4,5]', '[1,2,3,4,5,6]'],
  ['keys and what they stand for', { values: 5 }, '{"a":1,"b":2}', '{"a":1,"b":2,"c":3}'],
  ['keys of an object within', { innerKeys: 2 }, '{"a":{"a":1,"b":2},"b":1,"c":2}', '{"a":{"a":1,"b":2,"c":3}}'],
])('counts %s', (_, limits, within, beyond) => {
  expect(parse(within, limits)).toEqual(JSON.parse(within))
  expect(() => parse(beyond, limits)).toThrow(/more than/)
})

test('brackets, commas and quotes inside strings are not counted', () => {
  expect(parse(String.raw`{"[,:\\":"{\",,,,,:::[[[["}`, { values: 2, depth: 1 })).toEqual({ '[,:\\': '{\",,,,,:::[[[[' })
})
