import { describe, expect, it } from 'vitest'
import { gaugePath } from '../../../src-renderer/charts/gauge-points.ts'
import { failureReport } from '../../../src-renderer/run/failure-report.ts'
import { placeOf, remedyOf } from '../../../src-renderer/run/failure-remedy.ts'
import { gaugeTiles, limitOf } from '../../../src-renderer/run/gauge-tiles.ts'
import { filterLog, logText } from '../../../src-renderer/run/log-lines.ts'
import { pageOf } from '../../../src-renderer/ui/page-of.ts'
import { lastSaved, timeLeft } from '../../../src-renderer/run/run-times.ts'
import type { CheckReport } from '../../../src-main/contract/check.ts'
import { fakeGaugeHistory, fakeGauges } from '../fake/fake-gauges.ts'
import { fakeRun } from '../fake/fake-runs.ts'

describe('times', () => {
  it('are ranges where the engine knows one, and go on between two of its words', () => {
    expect(timeLeft({ etaRange: { low: 4200, high: 5700 }, etaSeconds: 5000 }, 0)).toBe('70 to 95 minutes')
    expect(timeLeft({ etaRange: { low: 30, high: 50 }, etaSeconds: 40 }, 29)).toBe('1 to 21 seconds')
    expect(timeLeft({ etaRange: null, etaSeconds: 90 }, 30)).toBe('about 1 min 0 s')
    expect(timeLeft({ etaSeconds: null }, 0)).toBe('not known yet')
  })

  it('say what a crash now would not cost', () => {
    const row = { layer: 30, finishedAt: '2026-11-22T05:00:00Z', bytes: 1, sha256: '', seconds: 1 }
    expect(lastSaved([row], 48, Date.parse('2026-11-22T05:00:40Z'))).toBe('layer 31 of 48, 40 s ago')
    expect(lastSaved([{ ...row, layer: null }], 48, Date.parse('2026-11-29T05:00:40Z'))).toBe('embedding and output')
    expect(lastSaved([], 48, 0)).toBeNull()
  })
})

describe('a failure', () => {
  it.each([
    ['disk-full', 'method'],
    ['budget-too-small', 'goal'],
    ['corpus-too-short', 'use'],
    ['shard-missing', 'model'],
    ['out-of-memory', 'use'],
    ['internal', 'check'],
    ['of-a-later-version', 'check'],
  ])('%s is mended at %s', (code, step) => {
    expect(remedyOf({ code, message: '', details: {} }).step).toBe(step)
  })

  it('happened at the layer it names, or at the one after the last that was finished', () => {
    expect(placeOf({ code: 'engine-crashed', message: '', details: { lastLayer: 22 } }, null)).toEqual({ layer: 23, file: null })
    expect(placeOf({ code: 'disk-full', message: '', details: { path: '/out/x.gguf' } }, 29)).toEqual({ layer: 31, file: '/out/x.gguf' })
  })

  it('is reported with the machine, the run and what was said, but no paths of the recipe', () => {
    const run = fakeRun({ id: 'x', large: true, state: 'failed', stage: 'compress', hoursAgo: 1, layersDone: 5 })
    const text = failureReport('Whittle 0.1.0\n', run, { code: 'disk-full', message: 'no room', details: { needed: 5 } }, [
      { at: 0, level: 'warn', line: { say: 'history-again' }, layer: 4 },
    ])
    expect(text).toContain('Whittle 0.1.0')
    expect(text).toContain('disk-full: no room')
    expect(text).toContain('warn  the data folder can be written to again')
    expect(text).toContain('"finishedParts": 5')
    expect(text).not.toContain(run.recipe.modelPath)
  })
})

describe('the log', () => {
  const log = [
    { at: 0, level: 'info', line: { say: 'layer-written', layer: 0, bytes: 5, seconds: 1 }, layer: 0 },
    { at: 1, level: 'warn', line: { say: 'history-again' }, layer: 1 },
    { at: 2, level: 'error', line: { say: 'history-lost', said: 'no room' }, layer: 1 },
  ] as const
  it('is filtered by weight and by text', () => {
    expect(filterLog(log, 'warn', '').map(({ at }) => at)).toEqual([1, 2])
    expect(filterLog(log, 'info', ' LAYER ').map(({ at }) => at)).toEqual([0])
    expect(logText(log)).toBe(
      [
        'info  layer 1 written: 5 bytes in 1.0 s',
        'warn  the data folder can be written to again',
        'error a line of the history is lost: no room',
      ].join('\n'),
    )
  })
})

describe('gauges', () => {
  const check: CheckReport = { items: [{ id: 'memory', state: 'ok', details: { limitBytes: 3 * 2 ** 30 } }], trial: null, seconds: null }
  it("part memory into the engine's, others' and what is free, and hold it to the limit of the check", () => {
    const now = { ...fakeGauges(0), engineBytes: 4 * 2 ** 30, freeMemoryBytes: 16 * 2 ** 30 }
    const [memory, , card, disk] = gaugeTiles(fakeGaugeHistory(600), now, check)
    expect(memory).toMatchObject({ value: '4.00 GiB', over: true, limit: 3 * 2 ** 30, shares: [4 / 32, 12 / 32] })
    expect(card?.id).toBe('card')
    expect(disk?.value).toBe('412 GB')
  })

  it('show no card the system does not tell of, and no limit nobody set', () => {
    expect(gaugeTiles([], { ...fakeGauges(0), card: null, writtenPerSecond: null }, null).map(({ id, limit }) => [id, limit])).toEqual([
      ['memory', null],
      ['processor', null],
      ['disk', null],
    ])
    expect(limitOf({ ...check, items: [] }, 'memory')).toBeNull()
  })

  it('are lines that keep their peaks', () => {
    const points = Array.from({ length: 2000 }, (_, at) => ({ at, value: at === 1234 ? 10 : 1 }))
    const path = gaugePath(points, 10, 20)
    expect(path?.limitAt).toBe(0)
    expect(path?.line.match(/[ML]/g)?.length).toBe(240)
    expect(path?.line).toContain(' 0.5000')
    expect(gaugePath(points.slice(0, 1), 10)).toBeNull()
  })
})

it('a run is shown where it is', () => {
  const at = (state: Parameters<typeof pageOf>[0]['state']) => pageOf({ id: 'x', state }).name
  expect(['preparing', 'planned', 'running', 'paused', 'failed', 'done'].map((state) => at(state as 'done'))).toEqual([
    'run',
    'plan',
    'run',
    'run',
    'run',
    'result',
  ])
})
