import { printable } from '../../../src-main/hosts/cli/printable.ts'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { createProgressLine } from '../../../src-main/hosts/cli/progress-line.ts'
import { errorText, exitCodeOf, CLI_WORDS } from '../../../src-main/hosts/cli/words.ts'

/** Codes as the contract's source lists them: a type leaves nothing to ask at run time. */
const codes = [...readFileSync(new URL('../../../src-main/contract/errors.ts', import.meta.url), 'utf8').matchAll(/\| '([a-z-]+)'/g)].map(
  (match) => match[1] ?? '',
)

test('every code of the contract has words, also without details', () => {
  expect(codes.length).toBeGreaterThan(40)
  expect(Object.keys(CLI_WORDS).sort()).toEqual([...new Set(codes)].sort())
  for (const code of codes) {
    const text = errorText({ code, message: '', details: {} })
    expect(text, code).toMatch(/^([A-Z]|config\.json|llama\.cpp).*[.)]$/s)
    expect(text, code).not.toMatch(/undefined|null|\[object/)
  }
})

test('the facts are in the words', () => {
  expect(errorText({ code: 'budget-too-small', message: '', details: { budgetBytes: 1e6, smallestBytes: 2_500_000 } })).toBe(
    'The budget of 1.00 MB is too small. The smallest possible file has 2.50 MB (--size 2500000).',
  )
  const memory = { vramBytes: 1e8, kvCacheBytes: 2e6, computeBytes: 3e6, reserveBytes: 5e8, contextTokens: 2048 }
  expect(
    errorText({
      code: 'budget-too-small',
      message: '',
      details: { budgetBytes: 0, smallestBytes: 2_500_000, memory, smallestCardBytes: 544_370_912 },
    }),
  ).toMatch(/^A card of 100 MB is too small: .*2048 tokens.* the smallest card for it has 544 MB \(--vram 544370912\)\.$/)
  expect(
    errorText({
      code: 'engine-crashed',
      message: '',
      details: { signal: 'SIGKILL', lastLayer: 23, peakMemoryBytes: 61.2e9, totalMemoryBytes: 64e9 },
    }),
  ).toBe("The engine was killed at layer 23, most likely because memory ran out. It had used up to 61.2 GB of this machine's 64.0 GB.")
  expect(errorText({ code: 'output-not-writable', message: '', details: { path: '/x/y.gguf', reason: 'ENOENT' } })).toBe(
    '/x/y.gguf cannot be written: its folder does not exist.',
  )
  const unknown = (fits: string[]) => errorText({ code: 'pretokenizer-unknown', message: '', details: { pattern: '\\w+', fits } })
  expect(unknown(['qwen2', 'llama-bpe'])).toMatch(/it cuts like qwen2, llama-bpe\. .*say --pretokenizer qwen2\.$/)
  expect(unknown([])).toMatch(/None of those it has cuts the test texts alike/)
  expect(errorText({ code: 'internal', message: 'x is not a function', details: {} })).toContain('x is not a function')
})

test('a limit on the experts is refused with the nearest one', () => {
  const small = (details: Record<string, unknown>) => errorText({ code: 'budget-too-small', message: '', details })
  expect(
    small({
      averageBits: 1.2,
      smallestAverageBits: 2,
      smallestBytes: 5,
      reason: 'fewest-bits',
      format: 'safetensors-gptq',
      fewest: 2,
      use: 'safetensors',
    }),
  ).toBe(
    '1.2 bits per expert weight are too few. The fewest are 2 (--bits 2); the format safetensors-gptq holds no width below 2; the format safetensors does (--format safetensors).',
  )
  expect(small({ keptShare: 0.1, smallestShare: 0.2345, smallestBytes: 5 })).toBe(
    '90.0 % of the expert parameters are too many to remove. The most that can go is 76.5 % (--remove 76.5).',
  )
  expect(small({ keptShare: 0.1, smallestShare: 1.2, smallestBytes: 5 })).toContain('can remove none')
  expect(small({ capacity: 100, smallest: 125 })).toContain('25.0 % more')
  expect(
    errorText({
      code: 'method-not-applicable',
      message: '',
      details: { method: 'mobe', format: 'gguf', formats: ['safetensors', 'safetensors-dense'] },
    }),
  ).toBe('What the method mobe makes does not fit into gguf. It writes safetensors, safetensors-dense (--format).')
  expect(
    errorText({
      code: 'method-not-applicable',
      message: '',
      details: { method: 'mc', format: 'gguf', use: 'safetensors', reason: 'skips-not-held' },
    }),
  ).toBe(
    'The method mc cannot be used for gguf: the format gguf cannot say which experts tokens skip; the format safetensors can, or let them skip none. Use --format safetensors.',
  )
})

test('exit codes tell whose mistake it was', () => {
  expect(['folder-not-found', 'request-invalid', 'disk-full'].map(exitCodeOf)).toEqual([2, 2, 2])
  expect(['internal', 'engine-crashed', 'verification-failed'].map(exitCodeOf)).toEqual([1, 1, 1])
  expect(exitCodeOf('cancelled')).toBe(130)
})

const step = {
  stage: 'compress',
  activity: 'encode',
  total: 100,
  layer: 2,
  layers: 48,
  elapsedSeconds: 65,
  etaSeconds: 30,
  memoryBytes: 1.5e9,
} as const

test('on a terminal, one line moves and never wraps', () => {
  const written: string[] = []
  const line = createProgressLine({ isTTY: true, columns: 60, write: (text) => written.push(text) })
  line.show({ ...step, done: 50 })
  line.show({ ...step, done: 60 })
  line.end()
  expect(written[0]).toHaveLength(59)
  expect(written[0]).toContain('50.0 % · compress: encode')
  expect(written.slice(1)).toEqual(['\r\u001b[2K', expect.stringContaining('60.0 %'), '\r\u001b[2K'])
})

test('elsewhere, a plain line each tenth of the way', () => {
  const written: string[] = []
  const line = createProgressLine({ write: (text) => written.push(text) })
  for (let done = 0; done <= 100; done++) line.show({ ...step, done })
  expect(written.length).toBeGreaterThan(8)
  expect(written.length).toBeLessThan(13)
  expect(written[0]).toBe('0.0 % · compress: encode · layer 3 of 48 · 1 min 5 s · 30 s left · 1.50 GB\n')
})

test('what is being learned is said while it is written, and not afterwards', () => {
  const written: string[] = []
  const line = createProgressLine({ write: (text) => written.push(text) })
  line.learning({ role: 'expertGate', step: 57, error: 0.1234 })
  line.show({ ...step, done: 10 })
  line.show({ ...step, stage: 'report', done: 90 })
  expect(written[0]).toContain('layer 3 of 48 · expertGate 12.3 % off after 57 steps · 1 min 5 s')
  expect(written[1]).not.toContain('expertGate')
})

test('nothing from a file steers the terminal', () => {
  expect(printable('a\u001b]0;title\u0007\u001b[2Kall is well\u009b1m\u202e\r')).toBe('a?]0;title??[2Kall is well?1m??')
  expect(printable('one\n\ttwo ñ 田中 🙂')).toBe('one\n\ttwo ñ 田中 🙂')
})
