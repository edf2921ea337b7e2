import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { toErrorShape } from '../../../src-main/contract/errors.ts'
import { FLAGS, readCommandLine, recipeOf } from '../../../src-main/hosts/cli/arguments.ts'
import { methodFlags } from '../../../src-main/hosts/cli/method-flags.ts'
import { durationText, parseSize, sizeText } from '../../../src-main/hosts/cli/numbers.ts'
import { errorText } from '../../../src-main/hosts/cli/words.ts'
import { methodList } from '../../../src-main/service/method-list.ts'

const methods = methodList()
const recipe = (...words: string[]) => recipeOf(readCommandLine(['compress', ...words], methods), 'm', null)

test.each([
  ['12GB', 12e9],
  ['7.3GB', 7.3e9],
  ['900MB', 900e6],
  ['12GiB', 12 * 2 ** 30],
  ['1.5 gib', 1.5 * 2 ** 30],
  ['64kb', 64000],
  ['123456', 123456],
  ['12 apples', null],
  ['GB', null],
  ['-1GB', null],
  ['0', null],
  ['1e9', null],
  ['12Gb/s', null],
  ['', null],
])('size %s', (text, bytes) => expect(parseSize(text)).toBe(bytes))

test('sizes and durations for people', () => {
  expect([999, 1000, 3_558_112, 12.5e9].map(sizeText)).toEqual(['999 B', '1.00 kB', '3.56 MB', '12.5 GB'])
  expect([4, 185, 7800].map(durationText)).toEqual(['4 s', '3 min 5 s', '2 h 10 min'])
})

test('each budget flag makes its budget', () => {
  expect(recipe('--bits', '4.5').budget).toEqual({ kind: 'bits', bitsPerWeight: 4.5 })
  expect(recipe('--size', '7.3GB').budget).toEqual({ kind: 'size', bytes: 7.3e9 })
  expect(recipe('--percent', '30').budget).toEqual({ kind: 'percent', percent: 30 })
  expect(recipe('--vram', '12GiB', '--context', '16384').budget).toEqual({ kind: 'vram', vramBytes: 12 * 2 ** 30, contextTokens: 16384 })
})

test('a name chosen for an unknown pre-tokenizer reaches the recipe, and is none without the flag', () => {
  expect(recipe('--bits', '4', '--pretokenizer', 'qwen2').preTokenizer).toBe('qwen2')
  expect(recipe('--bits', '4').preTokenizer).toBeNull()
  expect(() => recipe('--bits', '4', '--pretokenizer', '')).toThrow(expect.objectContaining({ code: 'request-invalid' }))
})

test('every other flag reaches the recipe, paths made absolute', () => {
  const made = recipe(
    '--bits',
    '4',
    '--out',
    'a.gguf',
    '--corpus',
    'c.txt',
    '--heldout',
    '/h.txt',
    '--method',
    'uniform',
    '--device',
    'cpu',
    '--threads',
    '2',
    '--seed',
    '7',
    '--calibration-tokens',
    '512',
    '--heldout-tokens',
    '256',
    '--window-tokens',
    '128',
    '--force',
  )
  expect(made).toMatchObject({
    modelPath: resolve('m'),
    outPath: resolve('a.gguf'),
    corpusPath: resolve('c.txt'),
    heldOutPath: resolve('/h.txt'),
    method: 'uniform',
    device: 'cpu',
    threads: 2,
    seed: 7,
    calibrationTokens: 512,
    heldOutTokens: 256,
    windowTokens: 128,
    overwrite: true,
  })
})

test('what comes with Whittle is named, not looked for where the command was given; what is written lies there', () => {
  const made = recipeOf(
    readCommandLine(['plan', '--bits', '4', '--corpus', 'whittle:text/calibration.txt', '--out', 'whittle:x'], methods),
    'whittle:demo-model',
    null,
  )
  expect(made).toMatchObject({ modelPath: 'whittle:demo-model', corpusPath: 'whittle:text/calibration.txt', outPath: resolve('whittle:x') })
})

/** What is said of a line that is refused. */
function refusal(...words: string[]): string {
  try {
    recipe(...words)
  } catch (error) {
    return errorText(toErrorShape(error))
  }
  throw new Error('it was taken')
}

test("a method's settings are flags of their own", () => {
  expect(recipe('--bits', '4', '--types', 'Q4_K,Q6_K', '--no-keep-original').parameters).toEqual({
    types: ['Q4_K', 'Q6_K'],
    keepOriginal: false,
  })
  expect(refusal('--bits', '4', '--method', 'uniform', '--keep-output-at-least', 'Q6_K')).toMatch(/not a setting of the method uniform/)
})

test('no method setting hides a flag of the CLI', () => {
  const own = Object.keys(FLAGS)
  expect(Object.keys(methodFlags(methods)).filter((flag) => own.includes(flag))).toEqual([])
})

test.each([
  [['--bits', '4', '--size', '1GB'], /--size.*cannot stand beside --bits/],
  [[], /say how small/],
  [['--bits', 'four'], /--bits.*four is not a number/],
  [['--bits', '99'], /--bits/],
  [['--size', 'big'], /--size.*big is not a size/],
  [['--percent', '101'], /--percent/],
  [['--bits', '4', '--context', '100'], /--context.*belongs to --vram/],
  [['--bits', '4', '--device', 'abacus'], /device/],
  [['--bits', '4', '--threads', '-1'], /--threads/],
  [['--bits', '4', '--magic'], /there is no flag --magic; --help lists them/],
  [['--bits', '4', '--window-tokens', '3'], /window-tokens.*must be at least 16/],
])('%j is refused, naming the flag', (words, message) => {
  expect(refusal(...words)).toMatch(message)
})

test('an unknown command is named with those there are', () => {
  expect(() => readCommandLine(['shrink'], methods)).toThrow(
    /no command shrink; there are open, calibrate, plan, compress, report, demo, history, delete/,
  )
  expect(() => readCommandLine(['open', 'a', 'b'], methods)).toThrow(/too many words/)
})
