import fc from 'fast-check'
import { expect, test } from 'vitest'
import { JsonRefused, parseStrictJson } from '../../src-main/formats/strict-json.ts'

const parse = (text: string, maxDepth = 32) => parseStrictJson(new TextEncoder().encode(text), maxDepth)

test('agrees with JSON.parse on everything JSON.stringify writes', () => {
  fc.assert(fc.property(fc.jsonValue({ maxDepth: 5 }), fc.constantFrom('', ' ', '\n\t'), (value, indent) => {
    const text = JSON.stringify(value, null, indent)
    expect(parse(text)).toEqual(JSON.parse(text))
  }), { numRuns: 500, seed: 3 })
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
