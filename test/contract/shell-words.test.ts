import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { cmdWord, posixWord, powershellWord, windowsWord } from '../../src-main/contract/shell-words.ts'

const HOSTILE = [
  'plain-1.gguf', 'my model.gguf', 'it\'s', '"quoted"', '$HOME $(id) `id`', '%PATH%', 'a;b&c|d>e<f', 'x!y', '*?[a]{b,c}', '~/x', '-n', '#c', 'a\\b', '\u2018a\u2019', 'a\nb', '\u00fc\u65e5', '',
]

test.skipIf(process.platform === 'win32').each(HOSTILE)('sh reads %j as it was', (text) => {
  expect(execFileSync('sh', ['-c', `printf '%s' ${posixWord(text)}`], { encoding: 'utf8' })).toBe(text)
  expect(execFileSync('sh', ['-c', `set -- ${posixWord(text)}; printf '%s' "$#"`], { encoding: 'utf8' })).toBe('1')
})

// What PowerShell and cmd expand within quotes, by their own documentation: neither is here to be asked.
test.each([
  ['C:\\m\\b.gguf', 'C:\\m\\b.gguf', 'C:\\m\\b.gguf', false],
  ['C:\\my m\\b.gguf', '\'C:\\my m\\b.gguf\'', '"C:\\my m\\b.gguf"', false],
  ['C:\\a&b^c\\b.gguf', '\'C:\\a&b^c\\b.gguf\'', '"C:\\a&b^c\\b.gguf"', false],
  ['C:\\it\'s', '\'C:\\it\'\'s\'', '"C:\\it\'s"', false],
  ['C:\\\u2019\u201d', '\'C:\\\u2019\u2019\u201d\'', '"C:\\\u2019\u201d"', true],
  ['C:\\$(calc)', '\'C:\\$(calc)\'', '"C:\\$(calc)"', true],
  ['C:\\`a', '\'C:\\`a\'', '"C:\\`a"', true],
  ['C:\\%PATH%', '\'C:\\%PATH%\'', null, true],
  ['C:\\a!b!', '\'C:\\a!b!\'', '"C:\\a!b!"', true],
  ['-x', '\'-x\'', '"-x"', false], ['@x', '\'@x\'', '"@x"', false],
])('%s in PowerShell, in cmd, and whether one spelling serves both', (text, powershell, cmd, onlyPowershell) => {
  expect(powershellWord(text)).toBe(powershell)
  expect(cmdWord(text)).toBe(cmd)
  expect(windowsWord(text)).toEqual({ word: onlyPowershell ? powershell : cmd, onlyPowershell })
})
