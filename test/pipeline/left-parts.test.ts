import { randomUUID } from 'node:crypto'
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { removeLeftParts } from '../../src-main/pipeline/left-parts.ts'
import { temporaryFolder } from '../store/example.ts'

test('what was left half written goes an hour after it was last touched, and nothing else does', async () => {
  const folder = temporaryFolder()
  const kept = ['a.statistics', 'a.statistics.errors-0.json', 'mine.part']
  const left = [`a.statistics.${randomUUID()}.part`, `a.statistics.errors-0.json.${randomUUID()}.part`]
  for (const name of [...kept, ...left]) writeFileSync(join(folder, name), 'bytes')
  await removeLeftParts(folder)
  expect(readdirSync(folder).sort()).toEqual([...kept, ...left].sort())
  await removeLeftParts(folder, Date.now() + 3_700_000)
  expect(readdirSync(folder).sort()).toEqual(kept)
  await removeLeftParts(join(folder, 'gone'))
})
