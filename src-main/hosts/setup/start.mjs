// npm start: sets up, builds, opens the app.
import { join } from 'node:path'
import { buildApp } from './build-app.mjs'
import { handOver } from './child.mjs'
import { fetchElectron } from './fetch-electron.mjs'
import { ROOT } from './places.mjs'
import { exitWith, say } from './say.mjs'
import { setUp } from './set-up.mjs'
import { windowObstacle } from './window-obstacle.mjs'

await exitWith(async () => {
  const node = await setUp()
  await buildApp(node)
  const args = process.argv.slice(2)
  const obstacle = windowObstacle(args)
  if (obstacle !== null) say(`${obstacle}. Serving the app as a page instead of a window.`)
  const electron = obstacle === null ? await fetchElectron(node) : null
  if (electron) return handOver(electron, [ROOT, ...args])
  return handOver(node, [join(ROOT, 'src-main/hosts/web/main.ts'), ...args.filter((word) => word !== '--no-sandbox')])
})
