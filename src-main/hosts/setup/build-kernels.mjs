import { existsSync, rmSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { run } from './child.mjs'
import { ROOT } from './places.mjs'
import { say } from './say.mjs'
import { fingerprint, readStamp, writeStamp } from './stamp.mjs'

const COST = 'Whittle then computes with its TypeScript kernels: the same results, much slower.'
const SOURCES = ['native-kernels', 'node_modules/node-api-headers/package.json', 'node_modules/node-addon-api/package.json']

/** Builds the native kernels with plain CMake, unless they are there already. Nothing is downloaded, nothing here is fatal. */
export async function buildKernels() {
  const addon = join(ROOT, 'native-kernels/build/whittle_kernels.node')
  const sources = `${process.platform} ${process.arch} ${fingerprint(SOURCES, ['build'])}`
  const last = readStamp('kernels')
  if (last === sources && existsSync(addon)) return
  const cmake = await run('cmake', ['--version'])
  if (cmake.code !== 0) {
    say(`CMake is not installed, so the native kernels were not built. ${COST} To mend it, install cmake and a C++ compiler.`)
    return
  }
  const failed = `failed ${sources}\n${cmake.output}${(await run('c++', ['--version'])).output}`
  if (last === failed) {
    say(`The native kernels could not be built earlier; that is tried again when the compiler changes. ${COST}`)
    return
  }
  say('Building the native kernels ...')
  const failure = await build()
  if (failure === null && existsSync(addon)) return writeStamp('kernels', sources)
  rmSync(addon, { force: true }) // one from older sources would be worse than none
  writeStamp('kernels', failed)
  say(
    `The native kernels could not be built (is there a C++ compiler?). ${COST} What CMake said:\n${lastLines(failure ?? 'no addon was written')}`,
  )
}

/** @returns {Promise<string | null>} what went wrong, or null */
async function build() {
  const folder = join(ROOT, 'native-kernels/build')
  rmSync(join(folder, 'CMakeCache.txt'), { force: true }) // it holds the paths of the folder it was made in
  const configured = await run('cmake', ['-S', join(ROOT, 'native-kernels'), '-B', folder, '-DCMAKE_BUILD_TYPE=Release'])
  if (configured.code !== 0) return configured.output
  const built = await run('cmake', ['--build', folder, '--config', 'Release', '--parallel', String(availableParallelism())])
  return built.code === 0 ? null : built.output
}

/** @param {string} text */
function lastLines(text) {
  return text
    .trim()
    .split('\n')
    .slice(-8)
    .map((line) => `  ${line}`)
    .join('\n')
}
