import { fileURLToPath } from 'node:url'

/** Every reader of what comes from outside, by the name its kept inputs go by. Another one is a file in `targets/` and a line here. */
const NAMES = [
  'chat-template',
  'checkpoint',
  'corpus',
  'export-folder',
  'gguf',
  'history',
  'kernels',
  'run-bundle',
  'safetensors-folder',
  'safetensors-header',
  'service',
  'statistics',
  'tokenizer',
  'wire',
] as const

/** A target's name and its file. */
export interface TargetPlace {
  readonly name: string
  readonly file: string
}

/** The targets in the order of their names. */
export const TARGETS: readonly TargetPlace[] = NAMES.map((name) => ({
  name,
  file: fileURLToPath(new URL(`./targets/${name}.ts`, import.meta.url)),
}))
