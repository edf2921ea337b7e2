import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { MODULES } from './places.mjs'
import { SetupError } from './say.mjs'

/** Oldest Node the set-up itself runs on. */
const OLDEST = 20

/** The Node Whittle runs on: it reads TypeScript as it is. */
const OURS = 24

const major = Number(process.versions.node.split('.')[0])

/** Stops with one plain line where the user's Node is too old for the set-up. */
export function checkUsersNode() {
  if (major >= OLDEST) return
  throw new SetupError(
    `Whittle needs Node ${OLDEST} or newer to set itself up; this is Node ${process.versions.node}. ` +
      `Get a newer one from https://nodejs.org and run the command again.`,
  )
}

/**
 * The Node that runs Whittle: the one npm installed beside the other packages, else the user's own if it is new enough.
 * @returns {string} path of the program
 */
export function findNode24() {
  const program = process.platform === 'win32' ? 'node.exe' : 'node'
  const packages = [
    `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`,
    `node-bin-${process.platform}-${process.arch}`,
  ]
  for (const name of packages) {
    const path = join(MODULES, name, 'bin', program)
    if (existsSync(path)) return path
  }
  if (major >= OURS) return process.execPath
  throw new SetupError(
    `Whittle runs on Node ${OURS}. npm has no ready-made one for ${process.platform} ${process.arch}, ` +
      `and this is Node ${process.versions.node}: install Node ${OURS} from https://nodejs.org and run the command again.`,
  )
}
