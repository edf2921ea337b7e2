import { existsSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { findCalibration, rememberCalibration } from '../../src-main/store/calibrations.ts'
import { temporaryStore } from './example.ts'

async function remembered() {
  const store = temporaryStore()
  const path = join(store.folders.calibrations, 'f1.bin')
  writeFileSync(path, 'sums of squares')
  const written = await rememberCalibration(store, 'f1', path)
  return { store, path, written }
}

test('a calibration is found again with its hash', async () => {
  const { store, path, written } = await remembered()
  expect(written).toMatchObject({ path, bytes: 15 })
  expect(written.sha256).toMatch(/^[0-9a-f]{64}$/)
  expect(await findCalibration(store, 'f1')).toEqual(written)
  expect(await findCalibration(store, 'f2')).toBeNull()
})

test.each([
  ['missing', (path: string) => rmSync(path)],
  ['truncated', (path: string) => truncateSync(path, 3)],
  ['changed in place', (path: string) => writeFileSync(path, 'sums of squarez')],
])('one whose file is %s counts as not there', async (_, damage) => {
  const { store, path } = await remembered()
  damage(path)
  expect(await findCalibration(store, 'f1')).toBeNull()
  expect(existsSync(path)).toBe(false)
  expect(store.database.prepare('SELECT count(*) AS n FROM calibrations').get()).toEqual({ n: 0 })
})
