import { describe, expect, it } from 'vitest'
import type { RunSummary } from '../../../src-main/contract/run.ts'
import { EVERYTHING, findRuns, firstOfGroups, groupByModel, parseTags, tagsOf } from '../../../src-renderer/stores/find-runs.ts'
import { runToResume } from '../../../src-renderer/history/run-to-resume.ts'
import { fakeHistory, fakeRun } from '../fake/fake-runs.ts'

const runs = fakeHistory().map((run) => run.summary)
const ids = (found: readonly RunSummary[]): string[] => found.map((run) => run.id)
const find = (wanted: Partial<typeof EVERYTHING>): string[] =>
  ids(findRuns(runs, { ...EVERYTHING, ...wanted }, (run) => (run.method === 'mobe' ? 'MoBE, Dense folder' : run.method)))

describe('searching the history', () => {
  it('finds every word, in any field and any case', () => {
    expect(find({ text: 'german LONG' })).toEqual(['r2'])
    expect(find({ text: 'from ada' })).toEqual(['r12'])
    expect(find({ text: 'demo dense' })).toEqual(['r10'])
    expect(find({ text: 'german nowhere' })).toEqual([])
    expect(find({ text: '  ' })).toHaveLength(runs.length)
  })

  it('narrows by state, star and tag together', () => {
    expect(find({ state: 'stopped' })).toEqual(['r1', 'r5', 'r7'])
    expect(find({ state: 'planned' })).toEqual(['r3', 'r9'])
    expect(find({ starred: true })).toEqual(['r2'])
    expect(find({ tag: '12 GB card' })).toEqual(['r2', 'r4'])
    expect(find({ tag: '12 GB card', starred: true, state: 'done', text: 'qwen' })).toEqual(['r2'])
  })
})

describe('the list', () => {
  it('groups by model in the order of the newest run, and keeps that order within', () => {
    const groups = groupByModel(runs)
    expect(groups.map((group) => group.model)).toEqual(['Qwen3-30B-A3B', 'demo-moe8'])
    expect(groups.flatMap((group) => group.runs)).toHaveLength(runs.length)
    const first = firstOfGroups(groups, 10)
    expect(first.map((group) => group.runs.length)).toEqual([groups[0]?.runs.length, 10 - (groups[0]?.runs.length ?? 0)])
    expect(firstOfGroups(groups, 2).map((group) => group.runs.length)).toEqual([2])
  })

  it('counts tags, the most used first', () => {
    expect(tagsOf(runs)).toEqual(['12 GB card', 'daily', 'from Ada'])
  })

  it('takes tags as they are typed, within what can be kept', () => {
    expect(parseTags(' a, b ,, a , c d ')).toEqual(['a', 'b', 'c d'])
    expect(parseTags('x'.repeat(60))[0]).toHaveLength(40)
    expect(parseTags(Array.from({ length: 30 }, (_, index) => `t${index}`).join())).toHaveLength(20)
    expect(parseTags('  ')).toEqual([])
  })
})

describe('the run to go on with', () => {
  const run = (id: string, state: RunSummary['state'], hoursAgo: number, more: Partial<RunSummary> = {}): RunSummary => ({
    ...fakeRun({ id, state, stage: 'compress', hoursAgo }).summary,
    ...more,
  })

  it('is the one that stopped last without being told to', () => {
    expect(runToResume([run('a', 'cancelled', 1), run('b', 'interrupted', 5), run('c', 'failed', 3), run('d', 'done', 2)])?.id).toBe('c')
    expect(runToResume([run('a', 'paused', 1), run('b', 'interrupted', 5)])?.id).toBe('a')
  })

  it('is none of another machine, and none while one is at work', () => {
    expect(runToResume([run('a', 'interrupted', 1, { importedAt: '2026-01-01T00:00:00Z' })])).toBeNull()
    expect(runToResume([run('a', 'interrupted', 1), run('b', 'running', 0)])).toBeNull()
    expect(runToResume([])).toBeNull()
  })
})
