import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { toErrorShape } from '../../contract/errors.ts'
import { errorText, exitCodeOf } from '../cli/words.ts'
import { forkEngine } from '../engine-process.ts'
import { parseFlags, usage } from '../flags.ts'
import { hearUnheard } from '../last-resort.ts'
import { openLog } from '../log-file.ts'
import { openWorkplace, SOURCE_ROOT } from '../workplace.ts'
import { openBrowser } from './open-browser.ts'
import { servePage } from './server.ts'

const HELP = `Whittle as a page on this machine.
  --port <n>        the port (default: any free one)
  --no-open         only print the address
  --work <folder>   where runs and measurements are kept
  --fresh-history   begin an empty history where the one there cannot be read; that one is kept beside it
`

function portOf(text: string): number {
  const port = Number(text)
  if (!/^\d+$/.test(text) || port > 65535) throw usage('--port', `${text} is not a port`)
  return port
}

/** Serves the page until the process is told to stop. */
async function main(): Promise<number> {
  const { values } = parseFlags({
    options: {
      port: { type: 'string', default: '0' },
      open: { type: 'boolean', default: true },
      work: { type: 'string' },
      'fresh-history': { type: 'boolean' },
      help: { type: 'boolean' },
    },
    allowNegative: true,
  })
  if (values.help === true) {
    process.stdout.write(HELP)
    return 0
  }
  const page = join(SOURCE_ROOT, 'out', 'renderer')
  if (!existsSync(join(page, 'index.html'))) throw new Error('the page is not built yet: run npm start, or npm run build')
  const workplace = openWorkplace({
    host: { kind: 'web', missing: [{ id: 'electron', details: {} }], pickFolder: null, reveal: null },
    spawn: () => forkEngine(),
    root: SOURCE_ROOT,
    work: values.work ?? null,
    freshHistory: values['fresh-history'] === true,
  })
  const told = openLog(workplace.dependencies.store.folders.logs) // and standard error
  hearUnheard(told, () => {
    void workplace
      .close()
      .catch((error: unknown) => told(String(error)))
      .finally(() => process.exit(1))
  })
  try {
    const server = await servePage({ service: workplace.service, page, port: portOf(values.port), log: told })
    process.stdout.write(
      `Whittle is at ${server.address}\nWhoever has this address has the app; it works on this machine only. Ctrl-C stops it.\n`,
    )
    if (values.open && !(await openBrowser(server.address)))
      process.stdout.write('No browser could be opened: open the address yourself.\n')
    await new Promise<void>((resolve) => {
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve())
    })
    await server.close()
    return 0
  } finally {
    await workplace.close()
  }
}

try {
  process.exitCode = await main()
} catch (error) {
  const shape = toErrorShape(error)
  console.error(errorText(shape))
  process.exitCode = exitCodeOf(shape.code)
}
