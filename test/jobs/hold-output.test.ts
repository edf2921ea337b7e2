import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { holdOutput } from '../../src-main/jobs/hold-output.ts'
import { hasBegun, readRun } from '../../src-main/store/runs.ts'
import { recipe, temporaryFolder } from '../store/example.ts'
import { fakeRunner } from './fake-runner.ts'

test('a place has one writer, whatever it is called, until that one lets go', () => {
  const folder = temporaryFolder()
  mkdirSync(join(folder, 'out'))
  if (process.platform !== 'win32') symlinkSync('out', join(folder, 'link'))
  const held = holdOutput(join(folder, 'out', 'x.gguf'))
  const spellings = ['out/x.gguf', 'out/../out/./x.gguf', ...process.platform === 'win32' ? [] : ['link/x.gguf']]
  for (const spelling of spellings) expect(() => holdOutput(`${folder}/${spelling}`), spelling).toThrow(/run-busy/)
  holdOutput(join(folder, 'out', 'y.gguf')).release()
  held.release()
  holdOutput(join(folder, 'out', 'x.gguf')).release()
  expect(existsSync(join(folder, 'out', '.x.gguf.lock'))).toBe(false)
})

test('a folder that is not there is told as that', () => {
  expect(() => holdOutput(join(temporaryFolder(), 'gone', 'x.gguf'))).toThrow(/output-not-writable.*ENOENT/)
})

test('two data folders, one place: the second run is refused, the first ends as if it were alone', async () => {
  const [first, second] = [fakeRunner(), fakeRunner()]
  const outPath = join(temporaryFolder(), 'x.gguf')
  const one = first.runner.begin(recipe({ outPath, parameters: { layers: 300, layerMs: 20 } }), null)
  await first.heard((event) => event.kind === 'layer')
  const two = second.runner.begin(recipe({ outPath }), null)
  await vi.waitFor(() => expect(readRun(second.store, two.id).summary.state).toBe('failed'), { timeout: 30_000 })
  expect(readRun(second.store, two.id).error).toMatchObject({ code: 'run-busy', details: { path: outPath } })
  expect(hasBegun(second.store, outPath)).toBe(false)
  await vi.waitFor(() => expect(readRun(first.store, one.id).summary.state).toBe('done'), { timeout: 30_000 })
})

test('deleting a run that never wrote leaves alone what lies under the temporary name', async () => {
  const { removeUnfinished } = await import('../../src-main/jobs/unfinished.ts')
  const fake = fakeRunner()
  const outPath = join(temporaryFolder(), 'x.gguf')
  const { id } = fake.runner.prepare(recipe({ outPath }))
  await vi.waitFor(() => expect(readRun(fake.store, id).summary.state).toBe('planned'), { timeout: 30_000 })
  writeFileSync(`${outPath}.partial`, 'mine')
  expect(await removeUnfinished(fake.store, readRun(fake.store, id))).toBe(0)
  expect(existsSync(`${outPath}.partial`)).toBe(true)
})
