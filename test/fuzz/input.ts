import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as z from 'zod'

/** What a reader is given in one execution: bytes by name, for example the files of a model's folder. */
export type Input = Readonly<Record<string, Uint8Array>>

/** Bytes as a kept input writes them: text, any bytes, something many times over, or these one after another. */
const Piece = z.union([z.string(), z.strictObject({ base64: z.string() }), z.strictObject({ repeat: z.string(), times: z.int() })])
const Kept = z.strictObject({
  /** What went wrong with it, and in which words. */
  failure: z.string(),
  parts: z.record(z.string(), z.union([Piece, z.array(Piece)])),
})

/** An input that failed once. */
export interface KeptInput {
  readonly name: string
  readonly failure: string
  readonly input: Input
}

/** Where every input that ever failed is kept, a folder a target. */
export const INPUTS = fileURLToPath(new URL('./inputs/', import.meta.url))

/** The inputs kept for a target. */
export function keptInputs(target: string, folder = INPUTS): KeptInput[] {
  const place = join(folder, target)
  return names(place).map((name) => {
    const { failure, parts } = Kept.parse(JSON.parse(readFileSync(join(place, name), 'utf8')))
    const input = Object.fromEntries(Object.entries(parts).map(([part, pieces]) => [part, Buffer.concat([pieces].flat().map(bytesOf))]))
    return { name, failure, input }
  })
}

/** Keeps an input for `regressions.test.ts`. @returns its path */
export function keepInput(target: string, { name, failure, input }: KeptInput, folder = INPUTS): string {
  const place = join(folder, target)
  mkdirSync(place, { recursive: true })
  const parts = Object.fromEntries(Object.entries(input).map(([part, bytes]) => [part, pieceOf(bytes)]))
  writeFileSync(join(place, name), `${JSON.stringify({ failure, parts } satisfies z.infer<typeof Kept>, null, 2)}\n`)
  return join(place, name)
}

/** Text as the bytes of a part. */
export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

/** A part's text; '' where there is no such part. */
export function textOf(input: Input, part: string): string {
  return new TextDecoder().decode(input[part])
}

function names(place: string): string[] {
  try {
    return readdirSync(place)
      .filter((name) => name.endsWith('.json'))
      .sort()
  } catch {
    return [] // nothing of this target ever failed
  }
}

function bytesOf(piece: z.infer<typeof Piece>): Buffer {
  if (typeof piece === 'string') return Buffer.from(piece)
  return 'base64' in piece ? Buffer.from(piece.base64, 'base64') : Buffer.from(piece.repeat.repeat(piece.times))
}

function pieceOf(bytes: Uint8Array): z.infer<typeof Piece> {
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)
  return Buffer.from(text).equals(bytes) ? text : { base64: Buffer.from(bytes).toString('base64') }
}
