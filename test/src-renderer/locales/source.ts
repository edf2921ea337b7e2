import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** A file of the renderer. */
export interface SourceText {
  readonly path: string
  readonly text: string
}

/** Every file of the renderer with one of the endings. */
export function rendererFiles(...endings: readonly string[]): SourceText[] {
  return readdirSync('src-renderer', { recursive: true, encoding: 'utf8' })
    .filter((path) => endings.some((ending) => path.endsWith(ending)))
    .sort()
    .map((path) => ({ path, text: readFileSync(join('src-renderer', path), 'utf8') }))
}
