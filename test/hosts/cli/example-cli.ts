import { fileURLToPath } from 'node:url'
import { runCli } from '../../../src-main/hosts/cli/run-cli.ts'
import { forkEngine } from '../../../src-main/hosts/engine-process.ts'
import { SOURCE_ROOT } from '../../../src-main/hosts/workplace.ts'

export const FAKE_ENGINE = fileURLToPath(new URL('../../jobs/fake-engine.ts', import.meta.url))

/** Runs one command line over the fake engine; what it printed and how it ended. */
export async function cli(words: readonly string[], options: { signal?: AbortSignal; onStderr?: (text: string) => void } = {}) {
  let stdout = ''
  let stderr = ''
  const code = await runCli({
    words,
    root: SOURCE_ROOT,
    spawn: () => forkEngine(FAKE_ENGINE),
    signal: options.signal ?? new AbortController().signal,
    stdout: {
      write: (text) => {
        stdout += text
      },
    },
    stderr: {
      write: (text) => {
        stderr += text
        options.onStderr?.(text)
      },
    },
  })
  return { code, stdout, stderr, json: () => JSON.parse(stdout) as Record<string, unknown> }
}
