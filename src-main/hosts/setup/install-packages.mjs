import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join, sep } from 'node:path'
import { run } from './child.mjs'
import { MODULES, ROOT } from './places.mjs'
import { say, SetupError } from './say.mjs'

/**
 * What a lock file says of one package.
 * @typedef {{ version?: string, optional?: boolean, peer?: boolean, link?: boolean }} LockedPackage
 */

/** @param {string} file @returns {Record<string, LockedPackage>} */
function lockedPackages(file) {
  return JSON.parse(readFileSync(file, 'utf8')).packages
}

/**
 * Whether npm's own record of what it installed agrees with the lock file; packages of other platforms may be absent.
 * @param {string} [lock] path of package-lock.json
 * @param {string} [record] path of npm's record
 */
export function installedAsLocked(lock = join(ROOT, 'package-lock.json'), record = join(MODULES, '.package-lock.json')) {
  if (!existsSync(record)) return false
  const installed = lockedPackages(record)
  return Object.entries(lockedPackages(lock)).every(([path, locked]) => {
    if (path === '') return true
    const found = installed[path]
    return found ? found.version === locked.version : locked.optional === true
  })
}

/**
 * Runs npm the way it was started (`npm start` names its own script), else the npm on the path.
 * @param {string[]} args
 */
function npm(args) {
  const script = process.env['npm_execpath']
  if (script?.endsWith('.js'))
    return run(process.env['npm_node_execpath'] ?? process.execPath, [script, ...args], { show: true, env: process.env })
  return run('npm', args, { show: true, env: process.env, shell: process.platform === 'win32' })
}

/** Installs the locked packages where they are missing or differ. Never runs packages' own install scripts. */
export async function installPackages() {
  if (installedAsLocked()) return
  say('Installing packages: about 1 GB on disk, usually a minute or two ...')
  // Windows can't delete the node.exe it is running from, and `npm ci` starts by deleting everything.
  const inside = process.execPath.startsWith(MODULES + sep) && process.platform === 'win32'
  const { code } = await npm([inside ? 'install' : 'ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'])
  if (code !== 0)
    throw new SetupError(
      `npm could not install the packages (exit code ${code}; its words are above). Whittle needs the npm registry once, for this step.`,
    )
  removeUnused()
}

/** Frees what is never used here: onnxruntime-node ships every system's binaries (some 250 MB), node-llama-cpp its sources. */
function removeUnused() {
  const { platform, arch } = process
  const runtimes = ['darwin/arm64', 'linux/arm64', 'linux/x64', 'win32/arm64', 'win32/x64'].filter((name) => name !== `${platform}/${arch}`)
  for (const name of runtimes) rmSync(join(MODULES, 'onnxruntime-node/bin/napi-v6', name), { recursive: true, force: true })
  if (arch !== 'arm64') rmSync(join(MODULES, '@node-llama-cpp/linux-arm64/bins'), { recursive: true, force: true })
  rmSync(join(MODULES, 'node-llama-cpp/llama/gitRelease.bundle'), { force: true })
}
