import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { createRun, listRuns, setState } from '../../../src-main/store/runs.ts'
import { DEMO_MODEL } from '../../service/example-service.ts'
import { recipe, temporaryFolder, temporaryStore } from '../../store/example.ts'
import { cli } from './example-cli.ts'

test('compress: one object on standard output with everything promised, a file where --out says', async () => {
  const work = temporaryFolder()
  const out = join(work, 'small.gguf')
  const run = await cli(['compress', '--model', '/models/tiny', '--bits', '4.5', '--out', out, '--work', work, '--json'])
  expect(run.code).toBe(0)
  expect(run.stdout.trim().split('\n')).toHaveLength(1)
  expect(run.json()).toMatchObject({
    method: 'measured-bits',
    device: 'cpu',
    seconds: expect.any(Number),
    peakMemoryBytes: expect.any(Number),
    budget: { bytes: 1200 },
    plan: { bytes: 1100, bitsPerWeight: 4.4 },
    file: { path: out, bytes: 1100, sha256: 'ab' },
    original: { bytes: 4000 },
    quality: {
      tokens: 100,
      perplexity: { original: 10, shrunk: 11 },
      klDivergence: { mean: 0.02, standardError: 0.001, p99: 0.2 },
      topOneAgreement: 0.95,
      esap: 0.93,
    },
    verification: null,
    verificationMissing: 'not asked for',
  })
  expect(existsSync(out)).toBe(true)
  expect(run.stderr).toContain('compress: encode')
})

test('compress for people prints the report', async () => {
  const run = await cli(['compress', '/models/tiny', '--percent', '30', '--work', temporaryFolder()])
  expect(run.stdout).toMatch(/Size\s+4\.00 kB -> 1\.10 kB \(27\.5 % of the original\)/)
  expect(run.stdout).toMatch(/Perplexity\s+10\.000 -> 11\.000 \(\+10\.00 %\) on 100 held-out tokens/)
  expect(run.stdout).toContain('Not verified    not asked for')
})

test('plan stops before any weight is written, and compress --resume goes on with it', async () => {
  const work = temporaryFolder()
  const planned = await cli(['plan', '/models/tiny', '--bits', '4.5', '--work', work, '--json'])
  expect(planned.json()).toMatchObject({
    calibration: 'measured',
    budget: { bytes: 1200 },
    plan: { bytes: 1100, cells: [{ detail: 'Q4_K' }] },
  })
  const { runId, outPath } = planned.json() as { runId: string; outPath: string }
  expect(existsSync(outPath)).toBe(false)
  const finished = await cli(['compress', '--resume', runId, '--work', work, '--json'])
  expect(finished.json()).toMatchObject({ runId, file: { path: outPath } })
  const again = await cli(['report', runId, '--work', work])
  expect(again.stdout).toContain(outPath)
  expect((await cli(['compress', '--resume', runId, '--work', work])).code).toBe(2)
})

test('a run that died goes on with --resume', async () => {
  const work = temporaryFolder()
  const store = temporaryStore(work)
  const id = createRun(store, recipe())
  setState(store, id, 'interrupted', null)
  store.close()
  expect((await cli(['compress', '--resume', id, '--work', work, '--json'])).json()).toMatchObject({ runId: id })
})

test('a run that fails on the way says how to go on with it', async () => {
  const work = temporaryFolder()
  const store = temporaryStore(work)
  const id = createRun(store, recipe({ parameters: { throwAt: 1 } }))
  setState(store, id, 'interrupted', null)
  store.close()
  const failed = await cli(['compress', '--resume', id, '--work', work])
  expect(failed.code).toBe(2)
  expect(failed.stderr).toContain(`whittle compress --resume ${id} goes on`)
  expect((await cli(['compress', '--resume', id, '--work', work])).code).toBe(0)
})

test('calibrate measures once', async () => {
  const work = temporaryFolder()
  expect((await cli(['calibrate', '/models/tiny', '--work', work, '--json'])).json()).toMatchObject({ fingerprint: 'fake', reused: false })
  expect((await cli(['calibrate', '/models/tiny', '--work', work])).stdout).toContain('reused')
})

test('report --model judges a file that no run wrote', async () => {
  const run = await cli(['report', 'some.gguf', '--model', '/models/tiny', '--work', temporaryFolder(), '--json'])
  expect(run.json()).toMatchObject({ file: { path: join(process.cwd(), 'some.gguf') } })
})

test('open shows the demo model; demo compresses it', async () => {
  const work = temporaryFolder()
  expect((await cli(['open', DEMO_MODEL, '--work', work])).stdout).toMatch(/3 x 8 experts, 2 per token/)
  expect((await cli(['open', 'whittle:demo-model', '--work', work, '--json'])).json()).toMatchObject({
    path: 'whittle:demo-model',
    layers: 3,
  })
  expect((await cli(['open', 'whittle:nothing', '--work', work])).stderr).toContain('whittle:nothing')
  const run = await cli(['demo', '--work', work])
  expect(run.code).toBe(0)
  expect(run.stdout).toContain('The demo model, shrunk')
})

test("failures: words and code 2 for the user's, one JSON object when asked", async () => {
  const work = temporaryFolder()
  const plain = await cli(['compress', '/missing', '--bits', '4', '--work', work])
  expect(plain).toMatchObject({ code: 2, stdout: '' })
  expect(plain.stderr).toContain('There is no readable folder at /missing.')
  const json = await cli(['compress', '/missing', '--bits', '4', '--work', work, '--json'])
  expect(json.code).toBe(2)
  expect(json.json()).toEqual({
    error: { code: 'folder-not-found', message: 'There is no readable folder at /missing.', details: { folder: '/missing' } },
  })
  expect((await cli(['report', 'nope', '--work', work, '--json'])).json()).toMatchObject({ error: { code: 'run-not-found' } })
})

test('Ctrl-C cancels the run and exits with 130', async () => {
  vi.stubEnv('FAKE_LAYER_MS', '2000')
  onTestFinished(() => {
    vi.unstubAllEnvs()
  })
  const work = temporaryFolder()
  const interrupt = new AbortController()
  const run = await cli(['compress', '/models/tiny', '--bits', '4.5', '--work', work, '--json'], {
    signal: interrupt.signal,
    onStderr: (text) => {
      if (text.includes('compress: encode')) interrupt.abort()
    },
  })
  expect(run.code).toBe(130)
  const [cancelled] = listRuns(temporaryStore(work))
  expect(cancelled?.state).toBe('cancelled')
  expect(run.json()).toMatchObject({ error: { code: 'cancelled', details: { runId: cancelled?.id } } })
})

test('help and version need no store', async () => {
  const help = await cli(['--help'])
  expect(help.stdout).toContain('whittle compress')
  expect(help.stdout).toContain('--keep-original')
  expect((await cli(['--version'])).stdout.trim()).toMatch(/^\d+\.\d+\.\d+$/)
  expect((await cli([])).stdout).toContain('Exit codes')
})
