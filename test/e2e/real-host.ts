import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** The page host as people start it, with a work folder of its own. */
export interface RealHost {
  /** The address with its launch token. */
  readonly address: string
  /** Kills the engine the host has started, as the system would when memory runs out; answers whether there was one. */
  killEngine(): Promise<boolean>
  /** Stops the host; the work folder stays. */
  stop(): Promise<void>
}

/** A fresh folder for a store. */
export function makeWorkFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'whittle-e2e-'))
}

export async function removeWorkFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true })
}

/** Starts the host and waits for the address it prints. */
export async function startHost(work: string): Promise<RealHost> {
  const child = spawn(process.execPath, ['src-main/hosts/web/main.ts', '--no-open', '--work', work], { stdio: ['ignore', 'pipe', 'pipe'] })
  const address = await printedAddress(child)
  return {
    address,
    killEngine: async () => {
      const engines = await childrenOf(child.pid ?? 0)
      for (const pid of engines) process.kill(pid, 'SIGKILL')
      return engines.length > 0
    },
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return
      const gone = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGTERM')
      await gone
    },
  }
}

function printedAddress(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = ''
    const listen = (text: string): void => {
      said += text
      const address = /http:\/\/\S+#token=\S+/.exec(said)?.[0]
      if (address) resolve(address)
    }
    child.stdout?.setEncoding('utf8').on('data', listen)
    child.stderr?.setEncoding('utf8').on('data', listen)
    child.once('exit', (code) => reject(new Error(`The host ended with ${code}: ${said}`)))
  })
}

/** Processes started by `parent` that run the engine, from /proc: these tests run where there is one. */
async function childrenOf(parent: number): Promise<number[]> {
  const found: number[] = []
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue
    try {
      const [stat, command] = await Promise.all([readFile(`/proc/${name}/stat`, 'utf8'), readFile(`/proc/${name}/cmdline`, 'utf8')])
      const parentOf = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
      if (parentOf === parent && command.includes('engine')) found.push(Number(name))
    } catch (error) {
      // A process that ended while it was being looked at.
      if (!(error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ESRCH'))) throw error
    }
  }
  return found
}
