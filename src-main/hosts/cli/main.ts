import { forkEngine } from '../engine-process.ts'
import { SOURCE_ROOT } from '../workplace.ts'
import { runCli } from './run-cli.ts'

const interrupt = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    // A second Ctrl-C does not wait.
    if (interrupt.signal.aborted) process.exit(130)
    interrupt.abort(signal)
  })
}

process.exitCode = await runCli({
  words: process.argv.slice(2),
  stdout: process.stdout,
  stderr: process.stderr,
  signal: interrupt.signal,
  spawn: () => forkEngine(),
  root: SOURCE_ROOT,
})
