import { expect, test } from 'vitest'
import { Plan } from '../../src-main/contract/plan.ts'
import { Report } from '../../src-main/contract/report.ts'
import { upgradePlan, upgradeReport } from '../../src-main/store/old-versions.ts'
import { createRun, readRun } from '../../src-main/store/runs.ts'
import { plan, recipe, report, temporaryStore } from './example.ts'

/** A plan as older versions wrote it: what was not known was not there, and notes were sentences. */
function oldPlan(): Record<string, unknown> {
  const { model: _1, format: _2, rounding: _3, form: _4, decisions: _5, solver: _6, cells, ...rest } = plan
  return { ...rest, notes: ['A sentence.'], cells: cells.map(({ expert: _7, rank: _8, ...cell }) => ({ ...cell, note: 'F32, always' })) }
}

test('an old plan is read as one of today', () => {
  const upgraded = Plan.parse(upgradePlan(JSON.parse(JSON.stringify(oldPlan()))))
  expect(upgraded).toEqual({
    ...plan,
    notes: [{ note: 'said', text: 'A sentence.' }],
    cells: plan.cells.map((cell) => ({ ...cell, note: { note: 'said', text: 'F32, always' } })),
  })
  const { notes: _, ...without } = oldPlan()
  expect(Plan.parse(upgradePlan(without)).notes).toEqual([])
  expect(upgradePlan(plan)).toEqual(plan)
})

test('an old report is read as one of today', () => {
  const old = { ...report('/o.gguf'), verificationMissing: 'nobody was asked' }
  expect(Report.parse(upgradeReport(old)).verificationMissing).toEqual({ said: 'nobody was asked' })
  expect(upgradeReport(report('/o.gguf'))).toEqual(report('/o.gguf'))
})

test.each([null, 7, 'text', [], { cells: 5 }, { cells: [5], notes: 5 }])('what is no plan is left to the schema: %j', (value) => {
  expect(Plan.safeParse(upgradePlan(value)).success).toBe(false)
  expect(Report.safeParse(upgradeReport(value)).success).toBe(false)
})

test('a run that an older version kept opens', () => {
  const store = temporaryStore()
  const id = createRun(store, recipe())
  const texts = [oldPlan(), { ...report('/o.gguf'), verificationMissing: 'nobody was asked' }].map((each) => JSON.stringify(each))
  store.database.prepare('UPDATE runs SET plan = ?, report = ? WHERE id = ?').run(...texts, id)
  expect(readRun(store, id)).toMatchObject({
    plan: { format: 'gguf', notes: [{ note: 'said', text: 'A sentence.' }] },
    report: { verificationMissing: { said: 'nobody was asked' } },
  })
})
