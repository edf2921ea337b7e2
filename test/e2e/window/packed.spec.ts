import { spawn, type ChildProcess } from 'node:child_process'
import { createServer, type AddressInfo } from 'node:net'
import { cpSync, existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from '@playwright/test'
import type { CallName } from '../../../src-main/contract/calls.ts'
import { ROOT } from '../../../src-main/hosts/setup/places.mjs'
import { packForLinux, type Packed } from '../../hosts/packaging/pack.ts'
import { AS_ROOT, commandLine, descendants, ELECTRON, freshFolder, removeFolder } from './electron-app.ts'
import { connectPage, type PageSocket } from './page-socket.ts'

test.skip(ELECTRON === '', 'Electron is not here: WHITTLE_ELECTRON names its program')
test.skip(process.platform !== 'linux' || process.arch !== 'x64', 'packed for 64-bit Linux only')
test.describe.configure({ mode: 'serial', timeout: 300_000 })

let work: string
let packed: Packed | null = null
let program: string
let child: ChildProcess
let page: PageSocket
test.beforeAll(async () => {
  const made = process.env['WHITTLE_PACKED']
  if (made === undefined) packed = await packForLinux(dirname(ELECTRON))
  program = made ?? join(packed?.folder ?? '', 'whittle')
  work = freshFolder()
  const port = await freePort()
  child = spawn(program, [...AS_ROOT, `--remote-debugging-port=${port}`, '--work', work], { stdio: 'ignore' })
  page = await connectPage(port)
})
test.afterAll(async () => {
  page.close()
  // Not asked to end: a run at work would make it ask back.
  child.kill('SIGKILL')
  removeFolder(work)
  packed?.remove()
})

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo // a TCP server's address is never a string
  await new Promise((resolve) => server.close(resolve))
  return port
}

const call = (name: CallName, input: unknown) =>
  page.evaluate(([asked, given]) => window.whittle?.call(asked, given), [name, input] as [CallName, unknown])
const route = () => page.evaluate(() => location.hash)

/** Processes of the program that are no helpers of Chromium's: Whittles. */
const whittles = () =>
  [child.pid ?? 0, ...descendants(child.pid ?? 0)].filter((pid) => commandLine(pid) !== '' && !/--type=|crashpad/.test(commandLine(pid)))

test('the packed program shrinks the demo model; all the while it is the only Whittle', async () => {
  const { demoModelPath } = ((await call('app.info', {})) as { output: { demoModelPath: string } }).output
  const recipe = {
    modelPath: demoModelPath,
    budget: { kind: 'bits', bitsPerWeight: 6.5 },
    calibrationTokens: 2048,
    heldOutTokens: 1024,
    windowTokens: 128,
  }
  const { id } = ((await call('run.begin', { recipe, check: null })) as { output: { id: string } }).output
  const run = async () =>
    ((await call('run.get', { runId: id })) as { output: { summary: { state: string }; report: Report | null } }).output
  let state = 'preparing'
  for (const end = Date.now() + 200_000; ['preparing', 'running'].includes(state) && Date.now() < end;) {
    const seen = whittles()
    await new Promise((resolve) => setTimeout(resolve, 50))
    // Between fork and exec a helper has its parent's words: only what stays is another Whittle.
    expect(
      whittles()
        .filter((pid) => seen.includes(pid))
        .map(commandLine),
    ).toHaveLength(1)
    state = (await run()).summary.state
  }
  expect(state).toBe('done')
  expect(await route()).not.toContain('path=')
  const { report } = await run()
  if (oldNode(await page.evaluate(() => navigator.userAgent)))
    test.info().annotations.push({ type: 'not verified', description: JSON.stringify(report?.verificationMissing ?? 'no reason') })
  else expect(report?.verification).toMatchObject({ agrees: true })
})

interface Report {
  readonly verification: { readonly agrees: boolean } | null
  readonly verificationMissing: string | null
}

/** Electron 29 was the first with Node 20, which llama.cpp's library wants. */
const oldNode = (userAgent: string): boolean => Number(/Electron\/(\d+)/.exec(userAgent)?.[1]) < 29

test('a second start with a relative path leads the first one there, and ends', async () => {
  const folder = freshFolder()
  cpSync(join(ROOT, 'resources', 'demo-model'), join(folder, 'my model'), { recursive: true })
  const second = spawn(program, [...AS_ROOT, '--work', work, 'my model'], { cwd: folder, stdio: 'ignore' })
  expect(await new Promise((resolve) => second.on('exit', resolve))).toBe(0)
  await expect.poll(route).toContain('my+model')
  removeFolder(folder)
})

test('text can be copied', async () => {
  const copied = await page.evaluate(async () => {
    window.focus()
    return navigator.clipboard.writeText('copied').then(
      () => 'done',
      (error: unknown) => String(error),
    )
  })
  expect(copied).toBe('done')
})

test("what the program wrote is there, and the system's request to end is followed", async () => {
  expect(existsSync(join(work, 'whittle.db'))).toBe(true)
  const ended = new Promise((resolve) => child.once('exit', (code) => resolve(code)))
  child.kill('SIGTERM')
  expect(await ended).toBe(0)
})
