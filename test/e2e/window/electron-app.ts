import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { _electron, expect, type ElectronApplication, type Page } from '@playwright/test'
import type { CallInput, CallName, CallOutput } from '../../../src-main/contract/calls.ts'
import type { RunState } from '../../../src-main/contract/run.ts'
import type { CallResult, WhittleBridge } from '../../../src-main/contract/wire.ts'
import { ROOT } from '../../../src-main/hosts/setup/places.mjs'

declare global {
  interface Window {
    readonly whittle?: WhittleBridge
  }
}

/** Electron's program. */
export const ELECTRON = process.env['WHITTLE_ELECTRON'] ?? ''
/** The built app it starts. */
export const APP = process.env['WHITTLE_APP'] ?? ROOT
/** Root needs Chromium's sandbox off: it starts for nobody with all rights. */
export const AS_ROOT = process.getuid?.() === 0 ? ['--no-sandbox'] : []

/** A fresh data folder. */
export const freshFolder = (): string => mkdtempSync(join(tmpdir(), 'whittle-window-'))
export const removeFolder = (folder: string): void => rmSync(folder, { recursive: true, force: true, maxRetries: 5 })

/** A started Whittle with its page. */
export interface StartedApp {
  readonly app: ElectronApplication
  readonly page: Page
  /** Errors and warnings of the page's console. */
  readonly complaints: string[]
}

/** Starts Whittle as `npm start` does, and waits for its page. @param words what the user typed */
export async function startApp(work: string, ...words: string[]): Promise<StartedApp> {
  const app = await _electron.launch({
    executablePath: ELECTRON,
    chromiumSandbox: AS_ROOT.length === 0,
    timeout: 60_000,
    args: [APP, '--work', work, ...words],
  })
  const page = await app.firstWindow({ timeout: 40_000 })
  const complaints: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(error.message))
  await expect(page.getByText('Try the demo model')).toBeVisible({ timeout: 40_000 })
  return { app, page, complaints }
}

/** Starts Whittle once more, as a user does who forgot that it runs. @returns its exit code */
export function startAgain(work: string, words: readonly string[], cwd: string): Promise<number | null> {
  const child = spawn(ELECTRON, [...AS_ROOT, APP, '--work', work, ...words], { cwd, stdio: 'ignore' })
  return new Promise((resolve) => child.on('exit', resolve))
}

/** Runs a script in the window's page, also in one that came back after a crash, which Playwright's own page does not survive. */
export function inPage<T>(app: ElectronApplication, script: string): Promise<T> {
  return app.evaluate(
    ({ BrowserWindow }, given) => BrowserWindow.getAllWindows()[0]?.webContents.executeJavaScript(given) as Promise<T>,
    script,
  )
}

/** Calls the service as the page does. */
export async function call<N extends CallName>(app: ElectronApplication, name: N, input: CallInput<N>): Promise<CallOutput<N>> {
  const answer = await inPage<CallResult>(app, `window.whittle.call(${JSON.stringify(name)}, ${JSON.stringify(input)})`)
  if ('error' in answer) throw new Error(`${name}: ${answer.error.code} ${answer.error.message}`)
  return answer.output as CallOutput<N> // the service's own answer
}

/** Begins a run of the demo model. @param tokens of calibration: more take longer @returns its id */
export async function beginRun(app: ElectronApplication, tokens: number): Promise<string> {
  const { demoModelPath } = await call(app, 'app.info', {})
  const { id } = await call(app, 'run.begin', {
    recipe: {
      modelPath: demoModelPath,
      budget: { kind: 'bits', bitsPerWeight: 6.5 },
      calibrationTokens: tokens,
      heldOutTokens: 1024,
      windowTokens: 128,
    },
    check: null,
  })
  return id
}

export async function stateOf(app: ElectronApplication, runId: string): Promise<RunState> {
  return (await call(app, 'run.get', { runId })).summary.state
}

/** Waits until a run has a state. */
export async function waitForState(app: ElectronApplication, runId: string, ...states: RunState[]): Promise<void> {
  await expect.poll(() => stateOf(app, runId), { timeout: 120_000 }).toMatch(new RegExp(`^(${states.join('|')})$`))
}

/** Waits until the engine is at work on a run. */
export async function waitForWork(app: ElectronApplication): Promise<void> {
  await expect.poll(() => engines(app).length, { timeout: 20_000 }).toBeGreaterThan(0)
  await new Promise((resolve) => setTimeout(resolve, 1000))
}

/** Process ids of the engines that this app has started, from /proc: these tests run where there is one. */
export function engines(app: ElectronApplication): number[] {
  return descendants(app.process().pid ?? 0).filter((pid) => commandLine(pid).includes('--utility-sub-type=node.mojom.NodeService'))
}

/** A process's words; '' where it is gone. */
export function commandLine(pid: number): string {
  return read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ')
}

/** All processes below one. */
export function descendants(pid: number): number[] {
  const parents = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => [Number(name), parentOf(name)] as const)
  const below = (parent: number): number[] => parents.filter(([, own]) => own === parent).flatMap(([child]) => [child, ...below(child)])
  return below(pid)
}

/** From /proc: state and parent follow the name, which stands in parentheses and may hold some. */
function parentOf(pid: string): number {
  return Number(
    read(`/proc/${pid}/stat`)
      .replace(/^.*\) \S /s, '')
      .split(' ')[0],
  )
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return '' // the process has ended meanwhile
  }
}

/** Answers Whittle's questions by their button, from now on. */
export function answerQuestions(app: ElectronApplication, button: string): Promise<void> {
  return app.evaluate(({ dialog }, wanted) => {
    dialog.showMessageBox = (...words: unknown[]) => {
      const { buttons = [] } = words.at(-1) as { buttons?: string[] }
      return Promise.resolve({ response: buttons.indexOf(wanted), checkboxChecked: false })
    }
  }, button)
}

export const closeWindow = (app: ElectronApplication): Promise<void> =>
  app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.close())
export const isVisible = (app: ElectronApplication): Promise<boolean> =>
  app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.isVisible() ?? false)

/** Quits as the menu does, and waits for the end. @returns exit code and signal */
export async function quit(app: ElectronApplication): Promise<{ code: number | null; signal: string | null }> {
  const ended = new Promise<{ code: number | null; signal: string | null }>((resolve) =>
    app.process().once('exit', (code, signal) => resolve({ code, signal })),
  )
  await app.evaluate(({ app: own }) => {
    setTimeout(() => own.quit(), 0)
  })
  return ended
}

/** Ends the app, whatever it is at. */
export async function endApp(app: ElectronApplication): Promise<void> {
  if (app.process().exitCode !== null || app.process().signalCode !== null) return
  app.process().kill('SIGKILL')
  await app.close().catch(() => {}) // gone already
}

/** Whittle's log of what went wrong; '' where nothing did. */
export const logOf = (work: string): string => read(join(work, 'logs', 'whittle.log'))
