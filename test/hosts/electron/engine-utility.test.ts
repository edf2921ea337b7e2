import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, expect, test, vi } from 'vitest'
import { EngineAside } from '../../../src-main/hosts/electron/engine-messages.ts'
import { SOURCE_ROOT } from '../../../src-main/hosts/workplace.ts'
import type { EngineExit } from '../../../src-main/jobs/messages.ts'
import { temporaryFolder } from '../../store/example.ts'
import { FakeUtility, utilityProcess } from './fake-utility.ts'
import { appFolder } from './started-app.ts'

vi.mock('electron', () => import('./fake-electron.ts'))
const { forkUtility } = await import('../../../src-main/hosts/electron/engine-utility.ts')
const { openForks } = await import('../../../src-main/hosts/electron/fork-for-engine.ts')

afterEach(() => {
  FakeUtility.tellsNothing = false
  for (const { child } of FakeUtility.all.splice(0)) child.kill('SIGKILL')
})

const MENDED = `import ${JSON.stringify(pathToFileURL(join(SOURCE_ROOT, 'src-main/hosts/electron/fork-through-main.ts')).href)}\n`

/** An engine that says 'up' and then does what `act` says. */
function engineOf(act: string) {
  const root = appFolder()
  writeFileSync(join(root, 'out/main/engine.js'), `${MENDED}process.parentPort.postMessage('up');\n${act}`)
  const engine = forkUtility(root)
  const exit = new Promise<EngineExit>((resolve) => engine.onExit(resolve))
  const up = new Promise<void>((resolve) =>
    engine.onMessage((message) => {
      if (message === 'up') resolve()
    }),
  )
  return { engine, exit, up, child: FakeUtility.all.at(-1) as FakeUtility }
}

test.each([[0], [3], [9]])('an engine that ends itself with code %i did just that, whatever signal has that number', async (code) => {
  expect(await engineOf(`process.exit(${code})`).exit).toMatchObject({ code, signal: null })
})

test('an error nobody caught is code 1, with its words', async () => {
  const { code, stderr } = await engineOf('throw new Error("the words")').exit
  expect([code, stderr]).toEqual([1, expect.stringContaining('the words')])
})

test.each([['SIGKILL'], ['SIGSEGV'], ['SIGABRT']] as const)('an engine ended by %s is told so', async (signal) => {
  const { exit, up, child } = engineOf('')
  await up
  child.child.kill(signal)
  expect(await exit).toMatchObject({ code: null, signal })
})

test('where Electron tells 0 of a killed engine, nothing is known, and nothing is claimed', async () => {
  FakeUtility.tellsNothing = true
  const { engine, exit, up } = engineOf('')
  await up
  engine.kill()
  expect(await exit).toMatchObject({ code: null, signal: null })
})

test('a fatal error of V8 is heard, and kept for the words of the failure', async () => {
  const { exit, up, child } = engineOf('console.error("last words")')
  await up
  child.emit('error', 'FatalError', 'Reached heap limit', '{}')
  child.child.kill('SIGABRT')
  expect(await exit).toMatchObject({ signal: 'SIGABRT', stderr: expect.stringMatching(/^FatalError: Reached heap limit\n/) })
})

/** A utility process that asks for others, as the main process serves it. */
function asking(script: string, root: string) {
  const path = join(temporaryFolder(), 'asks.mjs')
  writeFileSync(path, MENDED + script)
  const child = utilityProcess.fork(path, [])
  const forks = openForks(root, (news) => child.postMessage(news))
  const told: unknown[] = []
  child.on('message', (message) => {
    const aside = EngineAside.safeParse(message)
    if (!aside.success) told.push(message)
    else if (aside.data.kind !== 'goodbye') forks.hear(aside.data)
  })
  return { told, forks }
}

test('llama.cpp is tested by a process that the main process starts, and loads', async () => {
  const llama = pathToFileURL(join(SOURCE_ROOT, 'node_modules/node-llama-cpp/dist/index.js')).href
  const { told } = asking(
    `
    const { getLlama } = await import(${JSON.stringify(llama)})
    const llama = await getLlama({ gpu: false, build: 'never', skipDownload: true, progressLogs: false })
    process.parentPort.postMessage(llama.buildType)
  `,
    SOURCE_ROOT,
  )
  await vi.waitFor(() => expect(told).toEqual(['prebuilt']), { timeout: 60_000 })
  // Linux's prebuilt binaries are tested before they are loaded; elsewhere the library does not ask.
  if (process.platform === 'linux')
    expect(FakeUtility.all.map(({ script }) => script)).toEqual([expect.anything(), expect.stringMatching(/testBindingBinary\.js$/)])
})

test("scripts that are not the app's own are never started, and what was started ends with its engine", async () => {
  const root = temporaryFolder()
  writeFileSync(join(root, 'child.mjs'), 'process.parentPort.postMessage("here")')
  const outside = join(temporaryFolder(), 'outside.mjs')
  writeFileSync(outside, '')
  const { told, forks } = asking(
    `
    import { fork } from 'node:child_process'
    for (const script of ${JSON.stringify([outside, join(root, '../outside.mjs'), 'child.mjs', join(root, 'child.mjs')])}) {
      const child = fork(script)
      child.on('message', (message) => process.parentPort.postMessage(message))
      child.on('exit', (code) => process.parentPort.postMessage([script.slice(-12), code]))
    }
  `,
    root,
  )
  await vi.waitFor(() => expect(told).toContain('here'), { timeout: 20_000 })
  expect(told.filter((each) => Array.isArray(each) && each[1] === 1)).toHaveLength(3)
  expect(FakeUtility.all).toHaveLength(2)
  forks.end()
  await vi.waitFor(() => expect(FakeUtility.all[1]?.pid).toBeUndefined(), { timeout: 20_000 })
})
