import { run } from './child.mjs'
import { toolScript } from './places.mjs'

/** What Prettier sets: the code, and nothing that a person or another program wrote. */
const FORMATTED = ['*.ts', 'src-main/**/*.{ts,mjs}', 'src-renderer/**/*.{ts,vue}', 'test/**/*.ts']

/**
 * The checks that read the code instead of running it, in the order of their answers' worth. The layer rule, the locks and
 * the size limits are tests (test/architecture), so that a failure names the line.
 * @type {readonly { name: string, tool: [packageName: string, command?: string], args: string[] }[]}
 */
const STEPS = [
  { name: 'types of the core', tool: ['typescript', 'tsc'], args: ['--noEmit', '-p', 'tsconfig.json'] },
  { name: 'types of the renderer', tool: ['vue-tsc'], args: ['--noEmit', '-p', 'tsconfig.renderer.json'] },
  {
    name: 'format',
    tool: ['prettier'],
    args: ['--check', '--log-level', 'warn', '--cache', '--cache-location', 'node_modules/.cache/prettier/.prettier-cache', ...FORMATTED],
  },
  { name: 'lint', tool: ['eslint'], args: ['.', '--max-warnings', '0'] },
  { name: 'unused code', tool: ['knip'], args: ['--no-progress'] },
]

/** The layer rule, locks and size limits. */
export const ARCHITECTURE = /** @type {const} */ ({
  name: 'architecture',
  tool: ['vitest'],
  args: ['run', 'test/architecture/', '--reporter=default'],
})

/**
 * Runs the checks one after another, printing each one's name, seconds and findings.
 * @param {string} node Node 24
 * @param {readonly { name: string, tool: readonly [packageName: string, command?: string], args: readonly string[] }[]} [steps]
 * @returns {Promise<{ passed: number, failed: number }>}
 */
export async function runChecks(node, steps = STEPS) {
  let failed = 0
  for (const { name, tool, args } of steps) {
    const started = Date.now()
    const { code, output } = await run(node, [toolScript(...tool), ...args])
    const seconds = ((Date.now() - started) / 1000).toFixed(1)
    process.stdout.write(`${code === 0 ? 'ok  ' : 'FAIL'}  ${name} (${seconds} s)\n`)
    if (code !== 0) {
      failed += 1
      process.stdout.write(`${output.trimEnd()}\n`)
    }
  }
  return { passed: steps.length - failed, failed }
}

/** All checks, the architecture tests first: what `npm run check` runs. */
export const ALL_CHECKS = [ARCHITECTURE, ...STEPS]
