import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { errorFacts } from '../../../src-renderer/words/error-facts.ts'
import { ENGLISH_ERRORS } from '../../../src-renderer/words/en/errors/english-errors.ts'
import { errorWords } from '../../../src-renderer/words/errors.ts'

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
    expect(Object.keys(ENGLISH_ERRORS)).toContain(code)
    for (const details of [
      {},
      { path: '/m/x', folder: '/m', tensor: 'blk.0', reason: 'broken', budgetBytes: 5, smallestBytes: 9, layer: 3 },
    ]) {
      const words = errorWords({ code, message: '', details })
      for (const sentence of [words.what, words.why, words.remedy]) {
        expect(sentence).toMatch(/^["/“A-Za-z].*[.!?)]$/s)
        expect(sentence).not.toMatch(/undefined|\[object|NaN|\bnull\b/)
      }
    }
  })

  it('names the numbers of a budget that is too small', () => {
    const words = errorWords({
      code: 'budget-too-small',
      message: '',
      details: { budgetBytes: 3_000_000_000, smallestBytes: 9_500_000_000 },
    })
    expect(words.why).toBe('You asked for at most 3.00 GB; the smallest file this model can become is 9.50 GB.')
    expect(words.remedy).toContain('Allow at least 9.50 GB.')
  })

  it('names the nearest limit on the experts, whatever it was a limit on', () => {
    const words = (details: Record<string, unknown>) => errorWords({ code: 'budget-too-small', message: '', details })
    const bits = words({
      averageBits: 1.2,
      smallestAverageBits: 2,
      smallestBytes: 5e9,
      reason: 'fewest-bits',
      format: 'safetensors-gptq',
      fewest: 2,
      use: 'safetensors',
    })
    expect(bits.why).toBe(
      'You asked for 1.2 bits per expert weight on average; the fewest that can be had are 2. The format GPTQ folder holds no width below 2; the format Transformers folder does.',
    )
    expect(bits.remedy).toBe('Allow at least 2 bits per expert weight. Or have a Transformers folder written, which holds fewer.')
    const share = words({ keptShare: 0.1, smallestShare: 0.2345, smallestBytes: 5e9 })
    expect(share.why).toContain('remove 90% of the expert parameters. The least this method can keep is 23.5%')
    expect(share.remedy).toContain('Remove at most 76.5%')
    expect(words({ capacity: 100, smallest: 125 }).why).toContain('25% more than the budget')
  })

  it('says which formats a method writes', () => {
    const words = errorWords({
      code: 'method-not-applicable',
      message: '',
      details: { method: 'mobe', title: 'MoBE', format: 'gguf', formats: ['safetensors', 'safetensors-dense'] },
    })
    expect(words.what).toBe("This method and this format don't go together.")
    expect(words.why).toBe("MoBE doesn't write a GGUF file. It writes a Transformers folder, a Dense folder.")
    const other = errorWords({
      code: 'method-not-applicable',
      message: '',
      details: { method: 'mc', format: 'gguf', use: 'safetensors', reason: 'skips-not-held' },
    })
    expect(other.remedy).toBe('Choose a Transformers folder, or another method.')
  })

  it('says what eats a card that is too small, and which card is enough', () => {
    const memory = {
      vramBytes: 8 * 2 ** 30,
      contextTokens: 16_384,
      kvCacheBytes: 1.5 * 2 ** 30,
      computeBytes: 300 * 2 ** 20,
      reserveBytes: 2 ** 30,
    }
    const words = errorWords({
      code: 'budget-too-small',
      message: '',
      details: { budgetBytes: 5_590_000_000, smallestBytes: 9_500_000_000, originalBytes: 61e9, memory, smallestCardBytes: 13_240_000_000 },
    })
    expect(words.what).toBe("This model doesn't fit into that graphics card.")
    for (const part of [
      '8.00 GiB',
      '1.50 GiB hold a context of 16,384 tokens',
      '300 MiB are scratch',
      '1.00 GiB stay free',
      'leaves 5.59 GB',
      '9.50 GB',
    ])
      expect(words.why).toContain(part)
    expect(words.remedy).toContain('at least 12.4 GiB') // 12.331 GiB, rounded up
  })

  it.each([
    'ENOENT',
    'ENOTDIR',
    'EISDIR',
    'EACCES',
    'EPERM',
    'EROFS',
    'EBUSY',
    'ENAMETOOLONG',
    'EINVAL',
    'ELOOP',
    'EWHATEVER',
    'inside-the-model',
    'inside-the-program',
    'read-by-the-run',
    'not-a-gguf',
  ])('says %s in plain words', (reason) => {
    const { why, remedy } = errorWords({ code: 'output-not-writable', message: '', details: { path: '/data/out/m.gguf', reason } })
    expect(why).toContain('/data/out')
    expect(why + remedy).not.toContain(reason)
    expect(remedy).toMatch(/Where it goes/)
  })

  it.each([
    ['/data/out/m.gguf', '/data/out'],
    ['D:\\out\\m.gguf', 'D:\\out'],
  ])('names the missing folder of %s', (path, folder) => {
    expect(errorWords({ code: 'output-not-writable', message: '', details: { path, reason: 'ENOENT' } }).why).toBe(
      `The folder ${folder} doesn't exist.`,
    )
  })

  it('never says that a file is never replaced', () => {
    const words = errorWords({ code: 'output-exists', message: '', details: { path: '/data/m.gguf' } })
    expect(words.why + words.remedy).not.toContain('never')
    expect(words.remedy).toContain('Choose another name')
  })

  it('tells a file that is taken from a run that is', () => {
    const busy = (details: Record<string, unknown>) => errorWords({ code: 'run-busy', message: '', details })
    expect(busy({ runId: 'a', path: '/data/m.gguf' })).toMatchObject({
      what: 'Another run is writing that very file.',
      why: expect.stringContaining('/data/m.gguf'),
    })
    expect(busy({ runId: 'a', state: 'running', pid: 41233 }).why).toContain('Process 41233 ')
    expect(busy({ runId: 'a', state: 'running' }).what).toBe('This run is already at work.')
  })

  it('knows a model that is no longer the planned one', () => {
    const words = errorWords({ code: 'request-invalid', message: '', details: { reason: 'other-model', path: '/m/my model' } })
    expect(words.what).toBe('The model changed since the plan was made.')
    expect(words.why).toContain('/m/my model no longer holds')
    expect(words.remedy).toContain('make the plan again')
  })

  it('lists the settings that are wrong in words, not as JSON', () => {
    const problems = [
      { path: 'seed', reason: 'at-least', limit: '0' },
      { path: '', said: 'no such method' },
    ]
    expect(errorWords({ code: 'request-invalid', message: '', details: { call: 'run.prepare', problems } }).why).toBe(
      'The setting seed: must be at least 0; No such method.',
    )
  })

  it.each([
    ['not-utf8', 'not UTF-8'],
    ['empty', 'is empty'],
    ['binary', 'other than text'],
    ['not-a-file', 'not a file'],
  ])('says what is wrong with a text: %s', (reason, words) => {
    const { why } = errorWords({ code: 'corpus-invalid', message: '', details: { path: '/t.txt', reason } })
    expect(why).toContain(words)
    expect(why).not.toContain(`(${reason})`)
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
