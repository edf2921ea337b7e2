import { describe, expect, test } from 'vitest'
import { compareToken, emptySums, startWindow, summarize, tokenLoss } from '../../src-main/report/quality.ts'
import { normalFrom, seededRandom } from '../../src-main/tensor/random.ts'

/** One token by the textbook: probabilities first, then every number from its definition. */
function byDefinition(
  a: Float32Array,
  b: Float32Array,
  next: number,
): { lossA: number; lossB: number; kl: number; esap: number; agree: boolean } {
  const p = softmax(a)
  const q = softmax(b)
  return {
    lossA: -Math.log(p[next] as number),
    lossB: -Math.log(q[next] as number),
    kl: p.reduce((sum, x, v) => sum + x * Math.log(x / (q[v] as number)), 0),
    esap: p.reduce((sum, x, v) => sum + Math.min(x, q[v] as number), 0),
    agree: p.indexOf(Math.max(...p)) === q.indexOf(Math.max(...q)),
  }
}

function softmax(row: Float32Array): number[] {
  const exps = [...row].map((x) => Math.exp(x))
  const sum = exps.reduce((total, x) => total + x, 0)
  return exps.map((x) => x / sum)
}

function randomRow(size: number, scale: number, normal: () => number): Float32Array {
  return Float32Array.from({ length: size }, () => scale * normal())
}

describe('quality of a shrunk model', () => {
  test('equals the definitions, computed token by token in float64', () => {
    const random = seededRandom(7)
    const normal = normalFrom(random)
    const sums = emptySums()
    const windows: number[][] = []
    const expected = { lossA: 0, lossB: 0, esap: 0, agree: 0 }
    const divergences: number[] = []
    const excesses: number[][] = []
    for (const length of [5, 9, 4]) {
      startWindow(sums)
      const window: number[] = []
      const excess: number[] = []
      for (let token = 0; token < length; token++) {
        const a = randomRow(50, 3, normal)
        const b = a.map((x) => x + 0.7 * normal())
        const next = Math.floor(random() * 50)
        compareToken(sums, a, b, next)
        const one = byDefinition(a, b, next)
        expected.lossA += one.lossA
        expected.lossB += one.lossB
        expected.esap += one.esap
        expected.agree += Number(one.agree)
        divergences.push(one.kl)
        window.push(one.kl)
        excess.push(one.lossB - one.lossA)
      }
      windows.push(window)
      excesses.push(excess)
    }
    const mean = divergences.reduce((sum, x) => sum + x, 0) / 18
    const squares = windows.reduce((sum, window) => sum + window.reduce((d, x) => d + x - mean, 0) ** 2, 0)
    const sorted = [...divergences].sort((x, y) => x - y)
    const quality = summarize(sums)
    expect(quality.tokens).toBe(18)
    expect(quality.perplexity.original).toBeCloseTo(Math.exp(expected.lossA / 18), 9)
    expect(quality.perplexity.shrunk).toBeCloseTo(Math.exp(expected.lossB / 18), 9)
    const excess = (expected.lossB - expected.lossA) / 18
    const spread = excesses.reduce((sum, window) => sum + window.reduce((d, x) => d + x - excess, 0) ** 2, 0)
    expect(quality.perplexity.ratioError).toBeCloseTo(
      ((quality.perplexity.shrunk / quality.perplexity.original) * Math.sqrt((3 / 2) * spread)) / 18,
      9,
    )
    expect(quality.klDivergence.mean).toBeCloseTo(mean, 12)
    expect(quality.klDivergence.standardError).toBeCloseTo(Math.sqrt((3 / 2) * squares) / 18, 12)
    expect(quality.klDivergence.p99).toBeCloseTo((sorted[16] as number) + 0.83 * ((sorted[17] as number) - (sorted[16] as number)), 12)
    expect(quality.topOneAgreement).toBe(expected.agree / 18)
    expect(quality.esap).toBeCloseTo(expected.esap / 18, 12)
    expect(expected.agree).toBeGreaterThan(2)
    expect(expected.agree).toBeLessThan(18)
  })

  test('two equal models differ in nothing', () => {
    const normal = normalFrom(seededRandom(1))
    const sums = emptySums()
    for (let window = 0; window < 2; window++) {
      startWindow(sums)
      for (let token = 0; token < 3; token++) {
        const row = randomRow(1000, 5, normal)
        compareToken(sums, row, row, token)
      }
    }
    const quality = summarize(sums)
    expect(quality.klDivergence).toEqual({ mean: 0, standardError: 0, p99: 0 })
    expect(quality.topOneAgreement).toBe(1)
    expect(quality.esap).toBeCloseTo(1, 12)
    expect(quality.perplexity.original).toBe(quality.perplexity.shrunk)
  })

  test('tiny differences survive: KL of logits shifted by noise of 1e-4 is about half its variance', () => {
    const normal = normalFrom(seededRandom(3))
    const a = randomRow(20_000, 0.01, normal)
    const b = a.map((x) => x + 1e-4 * normal())
    const sums = emptySums()
    for (const _ of [0, 1]) {
      startWindow(sums)
      compareToken(sums, a, b, 5)
    }
    expect(summarize(sums).klDivergence.mean / 0.5e-8).toBeGreaterThan(0.95)
    expect(summarize(sums).klDivergence.mean / 0.5e-8).toBeLessThan(1.05)
  })

  test('logits far from zero, or all the same but one, do no harm', () => {
    const sums = emptySums()
    for (const offset of [1e4, -1e4]) {
      startWindow(sums)
      compareToken(sums, Float32Array.of(offset, offset + 1, offset + 2), Float32Array.of(0, 1, 2), 2)
    }
    startWindow(sums)
    compareToken(sums, Float32Array.of(0, 500, 0), Float32Array.of(0, 400, 0), 1)
    const quality = summarize(sums)
    expect(quality.klDivergence.mean).toBeCloseTo(0, 12)
    expect(quality.perplexity.shrunk).toBeCloseTo(Math.exp((2 * Math.log(1 + Math.exp(-1) + Math.exp(-2))) / 3), 9)
  })

  test.each([
    [Number.NaN, 0, 'original'],
    [0, Number.NaN, 'shrunk'],
    [0, Infinity, 'shrunk'],
    [0, -Infinity, 'shrunk'],
  ])('logits of %s and %s are refused', (a, b, model) => {
    const compare = (): void => {
      compareToken(emptySums(), Float32Array.of(1, a, 0), Float32Array.of(1, b, 0), 0)
    }
    expect(compare).toThrow(expect.objectContaining({ code: 'tensor-not-finite', details: { tensor: 'logits', model } }))
  })

  test('one window has no standard error', () => {
    const sums = emptySums()
    startWindow(sums)
    compareToken(sums, Float32Array.of(0, 1), Float32Array.of(0, 1), 0)
    compareToken(sums, Float32Array.of(0, 1), Float32Array.of(0, 1), 0)
    expect(() => summarize(sums)).toThrow(RangeError)
  })

  test('the loss of one token alone is the same number', () => {
    const normal = normalFrom(seededRandom(9))
    const row = randomRow(300, 4, normal)
    expect(tokenLoss(row, 17)).toBeCloseTo(byDefinition(row, row, 17).lossA, 12)
    expect(() => tokenLoss(Float32Array.of(Number.NaN, 1), 1)).toThrow(expect.objectContaining({ code: 'tensor-not-finite' }))
  })

  test('a vocabulary of 150 000 takes less than 100 ms a token', () => {
    const normal = normalFrom(seededRandom(11))
    const a = randomRow(150_000, 4, normal)
    const b = a.map((x) => x + 0.1)
    const sums = emptySums()
    compareToken(sums, a, b, 1)
    const started = performance.now()
    for (let token = 0; token < 20; token++) compareToken(sums, a, b, token)
    const milliseconds = (performance.now() - started) / 20
    console.info(`compareToken: ${milliseconds.toFixed(2)} ms a token at a vocabulary of 150 000`)
    expect(milliseconds).toBeLessThan(100)
  })
})
