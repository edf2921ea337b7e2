import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { temporaryFolder } from '../store/example.ts'
import { fuzzTarget } from './campaign.ts'
import { chanceOf } from './chance.ts'
import { keepInput, keptInputs, textOf, utf8 } from './input.ts'
import { mutateBytes } from './mutate-bytes.ts'
import { mutateJson } from './mutate-json.ts'
import { shrink } from './shrink.ts'
import { TARGETS } from './targets.ts'
import { WatchedChild } from './watched-child.ts'

const FAILING = fileURLToPath(new URL('./failing-target.ts', import.meta.url))

describe('the harness can fail', () => {
  const child = new WatchedChild(FAILING, { milliseconds: 3000, megabytes: 300 })
  // On a busy machine memory fills slowly: that must not look like a hang.
  const patient = new WatchedChild(FAILING, { milliseconds: 120_000, megabytes: 300 })
  afterAll(() => Promise.all([child.stop(), patient.stop()]))
  const verdictOf = async (way: string) => (await (way === 'hang' ? child : patient).run({ input: { way: utf8(way) } })).verdict

  test.each([
    ['throw', 'error', 'TypeError: no code at all'],
    ['exit', 'crash', 'exit code 3'],
    ['hang', 'hang', 'no answer within 3000 ms'],
    ['reject', 'crash', 'nobody waits for it'],
    ['fill', 'memory', 'of 300'],
    ['pollute', 'pollution', 'what every object has'],
  ])('a target that does %s is reported, and the next input is run all the same', async (way, by, words) => {
    expect(await verdictOf(way)).toMatchObject({ kind: 'failed', by, message: expect.stringContaining(words) as string })
    expect((await child.run({ input: { way: utf8('accept') } })).verdict).toEqual({ kind: 'accepted' })
    expect(await verdictOf('accept')).toEqual({ kind: 'accepted' })
    expect(await verdictOf('refuse')).toEqual({ kind: 'refused', code: 'on-purpose' })
  })

  test('a failure is counted, shrunk and kept so that it can be run again', async () => {
    const inputs = temporaryFolder()
    const tally = await fuzzTarget({ target: 'failing', file: FAILING, seed: 1, from: 0, count: 20, milliseconds: 60_000, inputs })
    expect(tally.executions).toBe(20)
    const [failure] = tally.failures
    expect(tally.failures).toHaveLength(1)
    expect(tally.accepted + tally.refused + (failure?.times ?? 0)).toBe(20)
    const [kept] = keptInputs('failing', inputs)
    expect(kept?.failure).toBe('error: TypeError: no code at all')
    expect(textOf(kept?.input ?? {}, 'way')).toBe('!')
    expect(await child.run({ input: kept?.input ?? {} })).toMatchObject({ verdict: { kind: 'failed', by: 'error' } })
  })
})

describe('inputs', () => {
  test('equal seed and number make equal inputs, another number makes another', () => {
    const make = (seed: number, index: number) =>
      Buffer.from(mutateJson(chanceOf(seed, index), { a: [1, 'x'], b: { c: null } }, { most: 5 })).toString('hex')
    expect(make(7, 3)).toBe(make(7, 3))
    expect(new Set(Array.from({ length: 50 }, (_, index) => make(7, index))).size).toBeGreaterThan(25)
  })

  test('JSON is changed in ways that JSON.stringify cannot write', () => {
    const texts = Array.from({ length: 3000 }, (_, index) =>
      Buffer.from(mutateJson(chanceOf(1, index), { key: [1, { deep: 'x' }], other: 2 })).toString(),
    )
    const wanted = [/"__proto__":/, /"key":.*"key":/, /9007199254740993/, /\[{70}/, /"\.\.\/\.\.\/x"/]
    for (const pattern of wanted)
      expect(
        texts.some((text) => pattern.test(text)),
        String(pattern),
      ).toBe(true)
  })

  test('bytes are changed, cut and lengthened', () => {
    const sound = new Uint8Array(64).fill(7)
    const lengths = Array.from({ length: 200 }, (_, index) => mutateBytes(chanceOf(1, index), sound, 3).length)
    expect(Math.min(...lengths)).toBeLessThan(32)
    expect(Math.max(...lengths)).toBeGreaterThan(64)
    expect(sound).toEqual(new Uint8Array(64).fill(7))
  })

  test('what is kept comes back, byte for byte', () => {
    const folder = temporaryFolder()
    const input = { text: utf8('\ufeffäöü \u0000 "'), bytes: Uint8Array.from([0xff, 0, 0x80]) }
    keepInput('x', { name: 'a.json', failure: 'why', input }, folder)
    const [kept] = keptInputs('x', folder)
    expect(kept?.failure).toBe('why')
    for (const part of ['text', 'bytes'] as const) expect([...(kept?.input[part] ?? [])]).toEqual([...input[part]])
    expect(keptInputs('y', folder)).toEqual([])
  })

  test('shrinking takes out all that the failure does not need', async () => {
    const json = utf8(JSON.stringify({ a: [1, 2, 3, { bad: { x: 1 }, good: 2 }], b: 'long '.repeat(50) }))
    const smallest = await shrink({ json, other: utf8('other') }, (input) => Promise.resolve(/"bad":/.test(textOf(input, 'json'))), 10_000)
    expect(textOf(smallest, 'json').length).toBeLessThan(20)
    expect(textOf(smallest, 'other')).toBe('')
  })
})

test('every target of the table has its file, and every kept input its target', () => {
  for (const { name, file } of TARGETS) expect(existsSync(file), name).toBe(true)
  expect(existsSync(join(FAILING, '..', 'inputs'))).toBe(true)
})
