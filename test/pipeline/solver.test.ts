import * as fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { greedyChoice } from '../../src-main/allocation/greedy-choice.ts'
import { tally } from '../../src-main/allocation/integer-program.ts'
import type { ChoiceProgram } from '../../src-main/allocation/integer-program.ts'
import { globalProgram, layerProgram } from '../../src-main/allocation/pmq.ts'
import type { ExpertSignificance } from '../../src-main/allocation/pmq-cost.ts'
import { highsSolver } from '../../src-main/pipeline/solver.ts'
import { seededRandom } from '../../src-main/tensor/random.ts'
import { bruteForce, programs } from '../allocation/program-example.ts'

const solve = highsSolver()
const highsAlone = highsSolver({ sweepStates: 0 })
afterAll(() => Promise.all([solve.close(), highsAlone.close()]))
const limit = { timeLimitSeconds: 20 }

/** Experts with routing shares over two decades and errors that halve with each bit, scattered. */
function expertsOf(count: number, random: () => number): ExpertSignificance[] {
  return Array.from({ length: count }, () => {
    const frequency = 10 ** (-2 * random())
    const error = 10 ** -random()
    const at = (width: number): number => error * 2.2 ** -width * (0.8 + 0.4 * random())
    return { frequency, weight: frequency * (0.05 + 0.2 * random()), errors: { 1: at(1), 2: at(2), 3: at(3) } }
  })
}

/** Bytes of a Qwen3-30B-A3B expert: codes, and a scale (and zero point) per group of 128. */
function bytesOf(_layer: number, _expert: number, width: number): number {
  const weights = 3 * 768 * 2048
  return (weights / 8) * width + (weights / 128) * (width === 1 ? 2 : 2 + width / 8)
}

describe('integer programs solved', () => {
  it.each([
    ['with the sweep', solve],
    ['by HiGHS alone', highsAlone],
  ])('equal brute force, %s', async (_, solver) => {
    await fc.assert(
      fc.asyncProperty(programs, async (program) => {
        const best = bruteForce(program)
        if (best === null) {
          await expect(solver(program, limit)).rejects.toMatchObject({ code: 'budget-too-small' })
          return
        }
        const answer = await solver(program, limit)
        expect(answer.proven).toBe(true)
        expect(answer.objective).toBeCloseTo(best, 8)
        expect(answer.bound).toBeLessThanOrEqual(best + 1e-9)
        expect(tally(program, answer.picks)).toMatchObject({ feasible: true, objective: answer.objective })
      }),
      { numRuns: 100 },
    )
  })

  it('for one layer equal brute force at every average width, with an expert at both top widths', async () => {
    const random = seededRandom(3)
    for (let experts = 1; experts <= 6; experts++) {
      const layer = expertsOf(experts, random)
      for (let sum = experts; sum <= 3 * experts; sum++) {
        const { program, notes } = layerProgram(layer, [1, 2, 3], sum / experts)
        const { picks, objective } = await highsAlone(program, limit)
        const widths = picks.map((pick) => pick + 1)
        expect(objective / (bruteForce(program) ?? NaN)).toBeCloseTo(1, 9)
        expect(widths.reduce((a, b) => a + b)).toBeLessThanOrEqual(sum)
        for (const width of [2, 3]) expect(widths.includes(width) || notes.some((note) => note.width === width)).toBe(true)
      }
    }
  })

  it('never cost more when given more bits', async () => {
    const layer = expertsOf(16, seededRandom(4))
    let before = Infinity
    for (let sum = 16 + 3; sum <= 48; sum++) {
      const { program, notes } = layerProgram(layer, [1, 2, 3], sum / 16)
      expect(notes).toEqual([])
      const { objective } = await solve(program, limit)
      if (sum < 48) expect(objective).toBeLessThanOrEqual(before)
      before = objective
    }
  })

  it('permute with the experts', async () => {
    const layer = expertsOf(24, seededRandom(5))
    const order = layer.map((_, index) => (index * 7) % 24)
    const widths = async (experts: readonly ExpertSignificance[]): Promise<readonly number[]> => {
      return (await solve(layerProgram(experts, [1, 2, 3], 2.05).program, limit)).picks
    }
    const straight = await widths(layer)
    expect(await widths(order.map((index) => layer[index] as ExpertSignificance))).toEqual(order.map((index) => straight[index]))
  })

  it('are right for costs of 1e-12 and of 1e12', async () => {
    await fc.assert(
      fc.asyncProperty(programs, fc.constantFrom(1e-12, 1e12), async (program, factor) => {
        const best = bruteForce(program)
        fc.pre(best !== null && best > 1e-3)
        const choices = program.choices.map((options) => options.map(({ cost, size }) => ({ cost: cost * factor, size })))
        expect((await highsAlone({ ...program, choices }, limit)).objective / factor / best).toBeCloseTo(1, 8)
      }),
      { numRuns: 60 },
    )
  })

  it('give the same picks again', async () => {
    const layers = Array.from({ length: 4 }, (_, layer) => expertsOf(16, seededRandom(layer)))
    const program = globalProgram(layers, [1, 2, 3], { bytes: 64 * bytesOf(0, 0, 2), bytesOf })
    const first = await highsAlone(program, limit)
    expect((await highsAlone(program, limit)).picks).toEqual(first.picks)
    expect((await solve(program, limit)).objective / first.objective).toBeCloseTo(1, 8)
  })

  it('refuse an impossible budget naming the smallest size, and go on with the next', async () => {
    const program: ChoiceProgram = {
      choices: [
        [{ cost: 1, size: 3 }],
        [
          { cost: 1, size: 4 },
          { cost: 0, size: 6 },
        ],
      ],
      capacity: 6,
      atLeast: [],
    }
    await expect(solve(program, limit)).rejects.toMatchObject({ code: 'budget-too-small', details: { capacity: 6, smallest: 7 } })
    expect(await solve({ ...program, capacity: 7 }, limit)).toMatchObject({ picks: [0, 0], objective: 2, gap: 0, proven: true })
  })
})

describe('a program of real size', () => {
  const random = seededRandom(7)
  const layers = Array.from({ length: 48 }, () => expertsOf(128, random))

  it('over 48 layers of 128 experts is proven in bits and in exact bytes', async () => {
    const inBits = await solve(globalProgram(layers, [1, 2, 3], { averageBits: 2.05 }), { timeLimitSeconds: 60 })
    const bytes = Math.floor(48 * 128 * bytesOf(0, 0, 2) * 0.9)
    const program = globalProgram(layers, [1, 2, 3], { bytes, bytesOf })
    const inBytes = await solve(program, { timeLimitSeconds: 60 })
    expect(inBits.proven && inBytes.proven).toBe(true)
    expect(tally(program, inBytes.picks).size).toBeLessThanOrEqual(bytes)
  })

  it('stopped by the time limit says so, states its gap and is no worse than greedy', async () => {
    const program = globalProgram(layers, [1, 2, 3], { bytes: Math.floor(48 * 128 * bytesOf(0, 0, 1) * 1.5), bytesOf })
    const answer = await highsAlone(program, { timeLimitSeconds: 1 })
    expect(answer.proven).toBe(false)
    expect(answer.gap).toBeGreaterThan(1e-9)
    expect(answer.objective).toBeLessThanOrEqual(tally(program, greedyChoice(program) ?? []).objective)
    expect(answer.bound).toBeLessThanOrEqual((await solve(program, { timeLimitSeconds: 60 })).objective)
  })

  it('aborted ends at once, and the next one is solved', async () => {
    const abort = new AbortController()
    const program = globalProgram(layers, [1, 2, 3], { bytes: Math.floor(48 * 128 * bytesOf(0, 0, 1) * 1.5), bytesOf })
    const waiting = highsAlone(program, { timeLimitSeconds: 120, signal: abort.signal })
    setTimeout(() => {
      abort.abort(new Error('enough'))
    }, 300)
    await expect(waiting).rejects.toThrow('enough')
    expect((await highsAlone(layerProgram(layers[0] ?? [], [1, 2, 3], 2.5).program, limit)).proven).toBe(true)
  })

  it('closed under a request lets go of it', async () => {
    const closing = highsSolver({ sweepStates: 0 })
    const program = globalProgram(layers, [1, 2, 3], { bytes: Math.floor(48 * 128 * bytesOf(0, 0, 1) * 1.5), bytesOf })
    const both = Promise.allSettled([closing(program, limit), closing(program, limit)])
    await new Promise((resolve) => {
      setTimeout(resolve, 300)
    })
    await closing.close()
    expect((await both).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  })
})
