import { expect, test } from 'vitest'
import { createTextStream } from '../../src-main/text/text-stream.ts'

const decodeBytes = (tokens: readonly number[]): string => Buffer.from(tokens).toString('utf8')

test('a letter of several tokens comes whole, and nothing is said twice', () => {
  const bytes = [...Buffer.from('añ🙂b')]
  const stream = createTextStream(decodeBytes)
  const said = bytes.map((byte) => stream.push(byte))
  expect(said.join('')).toBe('añ🙂b')
  expect(said).toEqual(['a', '', 'ñ', '', '', '', '🙂', 'b'])
  expect(stream.finish()).toBe('')
})

test('what never becomes a letter is said at the end', () => {
  const stream = createTextStream(decodeBytes)
  expect(stream.push(0xf0)).toBe('')
  expect(stream.finish()).toBe('\uFFFD')
})
