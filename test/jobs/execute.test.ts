import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, test, vi } from 'vitest'
import { forkEngine } from '../../src-main/hosts/engine-process.ts'
import { executeJob, executeProbe } from '../../src-main/jobs/execute.ts'
import { recipe } from '../store/example.ts'
import { FAKE_ENGINE } from './fake-runner.ts'

const folders = { calibrations: '/none', outputs: '/none', resources: '/none' }

test('a job that belongs to no run tells its events', async () => {
  const events: unknown[] = []
  const outcome = await executeJob(() => forkEngine(FAKE_ENGINE), { kind: 'judge', recipe: recipe(), folders, file: 'a.gguf' }, {
    signal: new AbortController().signal, onEvent: (event) => events.push(event),
  })
  expect(outcome).toEqual({ kind: 'finished' })
  expect(events).toMatchObject([{ kind: 'reported', report: { file: { path: 'a.gguf' } } }])
})

test('the probe answers through a process of its own', async () => {
  expect(await executeProbe(() => forkEngine(FAKE_ENGINE))).toEqual([{ device: 'cpu', available: true, detail: 'made up', gflops: 1.5 }])
})

test('an engine that cannot start is a crash with what it printed', async () => {
  await expect(executeProbe(() => forkEngine('/nowhere/engine.ts'))).rejects.toMatchObject({
    code: 'engine-crashed', details: { exitCode: 1, output: expect.stringContaining('nowhere') },
  })
})

test('a job aborted before it begins starts no process', async () => {
  const start = vi.fn()
  const outcome = await executeJob(start, { kind: 'judge', recipe: recipe(), folders, file: 'a' }, { signal: AbortSignal.abort(), onEvent: () => {} })
  expect(outcome).toEqual({ kind: 'aborted' })
  expect(start).not.toHaveBeenCalled()
})

test.skipIf(process.platform === 'win32')('the engine ends when its parent is killed', async () => {
  const host = new URL('../../src-main/hosts/engine-process.ts', import.meta.url).href
  const parent = spawn(process.execPath, ['--input-type=module', '-e', `
    import { forkEngine } from '${host}'
    const engine = forkEngine(${JSON.stringify(FAKE_ENGINE)})
    engine.onMessage((message) => message.kind === 'heartbeat' && console.log('alive'))
    engine.send({ kind: 'job', job: { kind: 'finish', recipe: { parameters: { layers: 1e6, layerMs: 50 } }, outPath: '/dev/null/x', journal: [] } })
    setInterval(() => {}, 1000)`], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(parent.stdout, 'data')
  const child = execFileSync('ps', ['-o', 'pid=', '--ppid', String(parent.pid)], { encoding: 'utf8' }).trim()
  expect(child).toMatch(/^\d+$/)
  parent.kill('SIGKILL')
  await once(parent, 'exit')
  await vi.waitFor(() => expect(() => process.kill(Number(child), 0)).toThrow(/ESRCH/), { timeout: 4000 })
})

test('the parent\'s side loads no ONNX Runtime', () => {
  const script = `
    const loaded = []
    process.dlopen = new Proxy(process.dlopen, { apply(f, self, args) { loaded.push(args[1]); return Reflect.apply(f, self, args) } })
    await import('${new URL('../../src-main/jobs/runner.ts', import.meta.url).href}')
    console.log(JSON.stringify(loaded))`
  const loaded = execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8', cwd: fileURLToPath(new URL('../..', import.meta.url)) })
  expect(loaded).not.toContain('onnxruntime')
})
