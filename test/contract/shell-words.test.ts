import { execFileSync, spawnSync } from 'node:child_process'
import { describe, expect, it, test } from 'vitest'
import { modelfilePath, shellWord } from '../../src-main/contract/shell-words.ts'

/** Names that a shell would cut, expand or run. */
const HOSTILE = [
  'a b.gguf',
  ' a ',
  "it's.gguf",
  "''",
  'say "hi".gguf',
  '$HOME',
  '$(touch /tmp/never)',
  '`id`',
  '${IFS}',
  '%PATH%',
  '100%',
  'a^b',
  'a&b',
  'a|b',
  'a;b',
  'a<b>c',
  'hi!!.gguf',
  '!1',
  '~',
  '~root',
  '*.gguf',
  '[ab]?',
  '{a,b}',
  '#not',
  '(a)',
  'a\\',
  'C:\\my m\\b.gguf',
  '\\n',
  '-rf',
  '--',
  '=a',
  'Tom\u2019s \u201cbest\u201d.gguf',
  'größer 模型 🙂.gguf',
  'a\u00a0b',
  '',
]

describe.each(['sh', 'bash', 'dash', 'zsh', 'ksh'].filter((shell) => spawnSync(shell, ['-c', ':']).status === 0))('in %s', (shell) => {
  it.each([...HOSTILE, 'plain-1.gguf', '/a/b:c+d.gguf'])('%j comes through as it is', (name) => {
    expect(execFileSync(shell, ['-c', `printf '<%s>' ${shellWord('posix', name)} ${shellWord('posix', name)}`], { encoding: 'utf8' })).toBe(
      `<${name}><${name}>`,
    )
  })
})

/** PowerShell's rules for strings (about_Quoting_Rules) and cmd's, by hand: neither is on the machine this was written on. */
test.each([
  // word, PowerShell, cmd
  ['C:\\m\\b.gguf', 'C:\\m\\b.gguf', 'C:\\m\\b.gguf'],
  ['C:\\my m\\b.gguf', '"C:\\my m\\b.gguf"', '"C:\\my m\\b.gguf"'],
  ["it's.gguf", '"it\'s.gguf"', '"it\'s.gguf"'],
  ['Tom\u2019s.gguf', '"Tom\u2019s.gguf"', '"Tom\u2019s.gguf"'],
  ['a\u201cb.gguf', "'a\u201cb.gguf'", '"a\u201cb.gguf"'],
  ['$(calc).gguf', "'$(calc).gguf'", '"$(calc).gguf"'],
  ["$it's \u2018x\u2019", "'$it''s \u2018\u2018x\u2019\u2019'", '"$it\'s \u2018x\u2019"'],
  ['a`b.gguf', "'a`b.gguf'", '"a`b.gguf"'],
  ['%PATH%.gguf', '"%PATH%.gguf"', null],
  ['100%.gguf', '"100%.gguf"', null],
  ['a^b&c|d.gguf', '"a^b&c|d.gguf"', '"a^b&c|d.gguf"'],
  ['hi!.gguf', '"hi!.gguf"', '"hi!.gguf"'],
  ['(a);{b},@c#', '"(a);{b},@c#"', '"(a);{b},@c#"'],
  ['-m.gguf', '"-m.gguf"', '"-m.gguf"'],
  ['C:\\my m\\', '"C:\\my m\\"', '"C:\\my m\\\\"'],
  ['say "hi"', null, null],
])('%j on Windows', (word, powershell, cmd) => {
  expect(shellWord('powershell', word)).toBe(powershell)
  expect(shellWord('cmd', word)).toBe(cmd)
})

test('what a terminal would act on has no form in any shell', () => {
  for (const character of ['\n', '\r', '\t', '\0', '\u001b', '\u007f', '\u009b', '\u2028']) {
    for (const shell of ['posix', 'powershell', 'cmd'] as const) expect(shellWord(shell, `a${character}b`)).toBeNull()
    expect(modelfilePath(`a${character}b`)).toBeNull()
  }
})

test('a Modelfile has quotes and no escapes', () => {
  expect(modelfilePath('C:\\m\\b.gguf')).toBe('C:\\m\\b.gguf')
  expect(modelfilePath('C:\\my m\\b.gguf')).toBe('"C:\\my m\\b.gguf"')
  expect(modelfilePath('./say-"hi".gguf')).toBe('./say-"hi".gguf')
})
