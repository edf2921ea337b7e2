import { spawn } from 'node:child_process'
import { delimiter, join } from 'node:path'
import { MODULES, ROOT } from './places.mjs'

/**
 * How a child ended.
 * @typedef {{ code: number, output: string, timedOut: boolean }} Ended `code` is 127 where the program could not be started
 */

/** The environment of children: the packages' commands first, so that `node` is our Node 24. */
export function childEnvironment() {
  const own = Object.entries(process.env).filter(([name]) => name.toUpperCase() !== 'PATH')
  return { ...Object.fromEntries(own), PATH: [join(MODULES, '.bin'), process.env['PATH'] ?? ''].join(delimiter) }
}

/**
 * Runs a program and waits. `show` lets its output through, all of it on standard error; else the output is collected.
 * Past `timeoutSeconds` the child and its children are killed.
 * @param {string} program
 * @param {string[]} args
 * @param {{ show?: boolean, timeoutSeconds?: number, env?: NodeJS.ProcessEnv, shell?: boolean }} [options]
 * @returns {Promise<Ended>}
 */
export function run(program, args, { show = false, timeoutSeconds = 0, env = childEnvironment(), shell = false } = {}) {
  return new Promise((resolve) => {
    const group = timeoutSeconds > 0 && process.platform !== 'win32'
    const child = spawn(program, args, {
      cwd: ROOT,
      env,
      shell,
      detached: group,
      stdio: show ? ['ignore', 2, 2] : ['ignore', 'pipe', 'pipe'],
    })
    let output = ''
    let timedOut = false
    const keep = (/** @type {Buffer} */ chunk) => {
      output += chunk.toString()
    }
    child.stdout?.on('data', keep)
    child.stderr?.on('data', keep)
    const kill = () => {
      if (group && child.pid) process.kill(-child.pid, 'SIGKILL')
      else child.kill('SIGKILL')
    }
    const timer =
      timeoutSeconds > 0
        ? setTimeout(() => {
            timedOut = true
            kill()
          }, timeoutSeconds * 1000)
        : undefined
    if (group) process.once('exit', kill)
    const end = (/** @type {number} */ code, /** @type {string} */ note) => {
      clearTimeout(timer)
      process.off('exit', kill)
      resolve({ code, output: output + note, timedOut })
    }
    child.on('error', (error) => end(127, error.message))
    child.on('close', (code) => end(code ?? 1, ''))
  })
}

/**
 * Hands the terminal to a program until it ends: its output and input are ours, signals go to it, its exit code is ours.
 * @param {string} program
 * @param {string[]} args
 * @returns {Promise<number>}
 */
export function handOver(program, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: process.env['INIT_CWD'] ?? process.cwd(), env: childEnvironment(), stdio: 'inherit' })
    const stay = () => {} // Ctrl-C reaches the child too; it decides how to end, and we wait for it.
    const pass = () => child.kill('SIGTERM')
    process.on('SIGINT', stay)
    process.on('SIGTERM', pass)
    child.on('error', reject)
    child.on('close', (code, signal) => {
      process.off('SIGINT', stay)
      process.off('SIGTERM', pass)
      resolve(code ?? (signal === 'SIGINT' ? 130 : 143))
    })
  })
}
