import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { holdOutput } from '../../src-main/jobs/hold-output.ts'
import { hasBegun, readRun } from '../../src-main/store/runs.ts'
import { recipe, temporaryFolder } from '../store/example.ts'
import { fakeRunner } from './fake-runner.ts'

test('a place has one writer, whatever it is called, until that one lets go', () => {
  const folder = temporaryFolder()
  mkdirSync(join(folder, 'out'))
  if (process.platform !== 'win32') symlinkSync('out', join(folder, 'link'))
  const held = holdOutput(join(folder, 'out', 'x.gguf'))
  const spellings = ['out/x.gguf', 'out/../out/./x.gguf', ...(process.platform === 'win32' ? [] : ['link/x.gguf'])]
  for (const spelling of spellings) expect(() => holdOutput(`${folder}/${spelling}`), spelling).toThrow(/run-busy/)
  holdOutput(join(folder, 'out', 'y.gguf')).release()
  held.release()
  holdOutput(join(folder, 'out', 'x.gguf')).release()
  expect(existsSync(join(folder, 'out', '.x.gguf.lock'))).toBe(false)
})

test('a folder that is not there is told as that', () => {
  expect(() => holdOutput(join(temporaryFolder(), 'gone', 'x.gguf'))).toThrow(/output-not-writable.*ENOENT/)
})

test('where no lock can be made, an output that is there is held without one', () => {
  // The longest name a file may have: one for the lock would be longer, which no user's rights get round.
  const outPath = join(temporaryFolder(), `${'x'.repeat(250)}.gguf`)
  expect(() => holdOutput(outPath)).toThrow(/output-not-writable/)
  writeFileSync(outPath, 'finished')
  holdOutput(outPath).release()
})

test("what a killed run left of its lock is in nobody's way on a volume that became read-only", ({ skip }) => {
  const folder = temporaryFolder()
  const mount = (...words: string[]): void => {
    execFileSync('mount', [...words, folder], { stdio: 'ignore' })
  }
  try {
    mount('-t', 'tmpfs', '-o', 'size=1m', 'tmpfs')
  } catch {
    skip('no volume can be mounted here')
  }
  onTestFinished(() => {
    execFileSync('umount', [folder])
  })
  const outPath = join(folder, 'x.gguf')
  for (const name of ['x.gguf', '.x.gguf.lock']) writeFileSync(join(folder, name), '')
  mount('-o', 'remount,ro')
  holdOutput(outPath).release()
  expect(existsSync(join(folder, '.x.gguf.lock'))).toBe(true)
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
