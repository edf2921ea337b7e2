import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { changeRun, createRun } from '../../../src-main/store/runs.ts'
import { recipe, temporaryFolder, temporaryStore } from '../../store/example.ts'
import { cli } from './example-cli.ts'

async function oneRun() {
  const work = temporaryFolder()
  const out = join(work, 'small.gguf')
  const { runId } = (await cli(['compress', '/models/tiny', '--bits', '4.5', '--out', out, '--work', work, '--json'])).json()
  return { work, out, runId: String(runId) }
}

test('history lists runs for people and for machines', async () => {
  const { work, out, runId } = await oneRun()
  const text = (await cli(['history', '--work', work])).stdout
  expect(text).toMatch(/^Run +When +Model/)
  expect(text).toMatch(new RegExp(`${runId} .*Tiny.*measured-bits.*done.*4\\.00 kB -> 1\\.10 kB.*0\\.0200.*${out}`))
  const { runs } = (await cli(['history', '--work', work, '--json'])).json()
  expect(runs).toMatchObject([{ id: runId, state: 'done', outExists: true }])
})

test('an empty history says what to do', async () => {
  const run = await cli(['history', '--work', temporaryFolder()])
  expect(run).toMatchObject({ code: 0, stdout: expect.stringContaining('whittle demo') })
})

test('delete forgets a run; its finished file goes only when that is asked for', async () => {
  const kept = await oneRun()
  expect(await cli(['delete', kept.runId, '--work', kept.work])).toMatchObject({ code: 0, stdout: `Run ${kept.runId} is forgotten.\n` })
  expect(existsSync(kept.out)).toBe(true)
  expect((await cli(['history', '--work', kept.work, '--json'])).json()).toEqual({ runs: [] })

  const gone = await oneRun()
  writeFileSync(gone.out, Buffer.alloc(1100)) // the size the fake engine reports
  expect((await cli(['delete', gone.runId, '--with-file', '--work', gone.work, '--json'])).json()).toEqual({
    runId: gone.runId,
    freedBytes: 1100,
  })
  expect(existsSync(gone.out)).toBe(false)
})

test('delete says what is missing and what is not there', async () => {
  const work = temporaryFolder()
  expect(await cli(['delete', '--work', work])).toMatchObject({ code: 2, stderr: expect.stringContaining('whittle history') })
  expect(await cli(['delete', 'nope', '--work', work])).toMatchObject({ code: 2, stderr: expect.stringContaining('nope') })
})

test('a name cannot steer the terminal', async () => {
  const work = temporaryFolder()
  const store = temporaryStore(work)
  const id = createRun(store, recipe({ modelPath: '/models/\u001b[2Jtiny' }))
  changeRun(store, id, { tags: ['draft'] })
  store.close()
  const { stdout } = await cli(['history', '--work', work])
  expect(stdout).toContain('?[2Jtiny')
  expect(stdout).toContain('#draft')
  expect(stdout).not.toContain('\u001b')
})
