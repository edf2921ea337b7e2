import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Input } from './input.ts'

/** Makes `folder` hold the parts of an input as files, and nothing else. */
export function writeParts(folder: string, input: Input): void {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  for (const [name, bytes] of Object.entries(input)) writeFileSync(join(folder, name), bytes)
}

/** The files of a folder as an input. */
export function readParts(folder: string): Input {
  return Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name))]))
}

/** A part of a sound input as JSON. */
export function jsonPart(input: Input, name: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(input[name] ?? '{}').toString()) as Record<string, unknown>
}
