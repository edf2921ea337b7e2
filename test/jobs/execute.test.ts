import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { expect, test, vi } from 'vitest'
import { forkEngine } from '../../src-main/hosts/engine-process.ts'
import { executeJob, executeProbe } from '../../src-main/jobs/execute.ts'
import { recipe, temporaryFolder } from '../store/example.ts'
import { FAKE_ENGINE } from './fake-runner.ts'

const folders = { calibrations: '/none', outputs: '/none', resources: '/none' }

test('a job that belongs to no run tells its events', async () => {
  const events: unknown[] = []
  const outcome = await executeJob(
    () => forkEngine(FAKE_ENGINE),
    { kind: 'judge', recipe: recipe(), folders, file: 'a.gguf' },
    { signal: new AbortController().signal, onEvent: (event) => events.push(event) },
  )
  expect(outcome).toEqual({ kind: 'finished' })
  expect(events).toMatchObject([{ kind: 'reported', report: { file: { path: 'a.gguf' } } }])
})

test('the probe answers through a process of its own', async () => {
  expect(await executeProbe(() => forkEngine(FAKE_ENGINE))).toEqual([
    { device: 'cpu', available: true, detail: { said: 'made up' }, gflops: 1.5 },
  ])
})

test('an engine that cannot start is a crash with what it printed', async () => {
  await expect(executeProbe(() => forkEngine('/nowhere/engine.ts'))).rejects.toMatchObject({
    code: 'engine-crashed',
    details: { exitCode: 1, output: expect.stringContaining('nowhere') },
  })
})

test('a job aborted before it begins starts no process', async () => {
  const start = vi.fn()
  const outcome = await executeJob(
    start,
    { kind: 'judge', recipe: recipe(), folders, file: 'a' },
    { signal: AbortSignal.abort(), onEvent: () => {} },
  )
  expect(outcome).toEqual({ kind: 'aborted' })
  expect(start).not.toHaveBeenCalled()
})

test.skipIf(process.platform !== 'linux')('the engine ends when its parent is killed', async () => {
  const host = new URL('../../src-main/hosts/engine-process.ts', import.meta.url).href
  const parent = spawn(
    process.execPath,
    [
      '--input-type=module',
      '-e',
      `
    import { forkEngine } from '${host}'
    const engine = forkEngine(${JSON.stringify(FAKE_ENGINE)})
    engine.onMessage((message) => message.kind === 'heartbeat' && console.log('alive'))
    engine.send({ kind: 'job', job: { kind: 'finish', recipe: { parameters: { layers: 1e6, layerMs: 50 } }, outPath: '/dev/null/x', journal: [] } })
    setInterval(() => {}, 1000)`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  await once(parent.stdout, 'data')
  const child = readFileSync(`/proc/${parent.pid}/task/${parent.pid}/children`, 'utf8').trim()
  expect(child).toMatch(/^\d+$/)
  parent.kill('SIGKILL')
  await once(parent, 'exit')
  await vi.waitFor(() => expect(() => process.kill(Number(child), 0)).toThrow(/ESRCH/), { timeout: 4000 })
})

test('a host that opens a model and asks for devices has loaded no ONNX Runtime: only the engine does', () => {
  const script = `
    import { forkEngine } from '${new URL('../../src-main/hosts/engine-process.ts', import.meta.url).href}'
    import { openWorkplace, SOURCE_ROOT } from '${new URL('../../src-main/hosts/workplace.ts', import.meta.url).href}'
    const host = { kind: 'cli', missing: [], pickFolder: null, reveal: null }
    const { service, close } = openWorkplace({ host, spawn: () => forkEngine(), root: SOURCE_ROOT, work: process.argv[1] })
    await service.call('model.open', { path: SOURCE_ROOT + 'resources/demo-model' })
    await service.call('app.info', {})
    const devices = await service.call('device.list', {})
    await close()
    console.log(JSON.stringify({ devices, libraries: process.report.getReport().sharedObjects }))`
  const answer: unknown = JSON.parse(
    execFileSync(process.execPath, ['--input-type=module', '-e', script, temporaryFolder()], { encoding: 'utf8' }),
  )
  const { devices, libraries } = answer as { devices: { device: string; available: boolean }[]; libraries: string[] }
  expect(devices).toContainEqual(expect.objectContaining({ device: 'cpu', available: true }))
  expect(libraries.some((path) => path.includes('better'))).toBe(true)
  expect(libraries.filter((path) => /onnx|llama/i.test(path))).toEqual([])
})
