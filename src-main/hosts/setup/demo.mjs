// npm run demo: sets up, then shrinks the built-in demo model through the CLI.
import { join } from 'node:path'
import { handOver } from './child.mjs'
import { ROOT } from './places.mjs'
import { exitWith } from './say.mjs'
import { setUp } from './set-up.mjs'

await exitWith(async () => {
  const node = await setUp()
  return handOver(node, [join(ROOT, 'src-main/hosts/cli/main.ts'), 'demo', ...process.argv.slice(2)])
})
