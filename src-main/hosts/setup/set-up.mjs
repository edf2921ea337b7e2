import { buildKernels } from './build-kernels.mjs'
import { installPackages } from './install-packages.mjs'
import { checkUsersNode, findNode24 } from './node-versions.mjs'

/**
 * What every command needs before the first line of TypeScript runs: packages, Node 24, native kernels where they can be built.
 * @returns {Promise<string>} path of Node 24
 */
export async function setUp() {
  checkUsersNode()
  await installPackages()
  const node = findNode24()
  await buildKernels()
  return node
}
