import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { toBaseNames } from '../../src-main/service/base-names.ts'
import { isWholePath, lastName, replacePaths } from '../../src-main/service/path-text.ts'

const cut = (text: string): string => replacePaths(text, () => '<path>')

test.each([
  ["open '/home/ann/My Models/a b.gguf' failed", "open '<path>' failed"],
  ['at file:///opt/app/main.ts:7:3', 'at <path>:7:3'],
  ['no room at /mnt/disk two/out.gguf, sorry', 'no room at <path>, sorry'],
  ['read C:\\Users\\Ann Lee\\models\\x.safetensors now', 'read <path> now'],
  ['{"path":"C:\\\\Users\\\\ann\\\\x.gguf"}', '{"path":"<path>"}'],
  ['\\\\server\\share\\models\\x.gguf', '<path>'],
  ['~/models/x.gguf is gone', '<path> is gone'],
  ['ENOENT:/root/x', 'ENOENT:<path>'],
  ['--out=/a/b.gguf', '--out=<path>'],
])('a path in running text is found whole: %s', (text, expected) => {
  expect(cut(text)).toBe(expected)
})

test.each([
  '12 tokens/s',
  'and/or',
  'Qwen/Qwen3-30B-A3B',
  'https://arxiv.org/abs/2210.17323',
  '1/2 of ./models',
  'model.layers.0.mlp',
  'a \\ b',
  'ratio: 3 / 4',
])('what is no absolute path stays: %s', (text) => {
  expect(cut(text)).toBe(text)
})

test.each([
  ['/a/b/c.gguf', 'c.gguf'],
  ['/a/b/', 'b'],
  ['C:\\a\\b c', 'b c'],
  ['\\\\server\\share\\x', 'x'],
  ['/home/ann', '~'],
  ['C:\\Users\\ann', '~'],
  ['/home/ann/m', 'm'],
  ['file:///a/b', 'b'],
  ['/', ''],
])('the last name of %s', (path, expected) => {
  expect(lastName(path)).toBe(expected)
})

test('a text that is all one path is one, with its spaces', () => {
  expect(isWholePath('/mnt/two words/three more words')).toBe(true)
  expect(isWholePath('D:\\two words')).toBe(true)
  for (const text of ['two words', '// a comment', 'a/b', '/a\n/b']) expect(isWholePath(text)).toBe(false)
})

test('known folders are found where the text does not show them to be paths', () => {
  const folder = '/data/My Own Models/Secret Project'
  expect(toBaseNames({ note: `x${folder} and ${folder}/a.txt`, [`${folder}/k`]: 1 }, [folder])).toEqual({
    note: 'xSecret Project and a.txt',
    k: 1,
  })
  const windows = 'C:\\Users\\ann\\models'
  expect(toBaseNames({ message: `run-busy {"path":"${JSON.stringify(`${windows}\\x.gguf`).slice(1, -1)}"}` }, [windows])).toEqual({
    message: 'run-busy {"path":"x.gguf"}',
  })
})

test('fields that hold paths are reduced also when the path is relative', () => {
  expect(toBaseNames({ modelPath: 'models/a b', corpusPath: null, file: { path: './out/x.gguf' } }, [])).toEqual({
    modelPath: 'a b',
    corpusPath: null,
    file: { path: 'x.gguf' },
  })
  expect(toBaseNames({ modelPath: '/' }, [])).toEqual({ modelPath: 'root' })
})

test('no text takes long, and what was reduced once stays as it is', () => {
  const pieces = fc
    .array(fc.constantFrom('/', '\\', 'a', ' ', '.', '.gguf', '~', ':', 'C:', "'", '\n', 'file://', '-'), { maxLength: 400 })
    .map((parts) => parts.join(''))
  fc.assert(
    fc.property(pieces, (text) => {
      const once = toBaseNames({ text }, ['/home/ann'])
      expect(toBaseNames(once, [])).toEqual(once)
    }),
    { numRuns: 300 },
  )
  const started = performance.now()
  for (const part of ['/', '/a', ' /a', 'a.', '/ ', '\\', '.gguf', '/a.gguf ']) cut(part.repeat(100_000))
  expect(performance.now() - started).toBeLessThan(5000)
})
