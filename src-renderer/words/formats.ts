import type { FormatName } from '../../src-main/contract/recipe.ts'
import { t } from '../locales/i18n.ts'

/** A form of output: what it is, who loads it, and what it is on disk. */
export interface FormatWords {
  readonly title: string
  readonly sentence: string
  readonly loads: string
  /** A key for words: each language has its own sentences about files and about folders. */
  readonly thing: 'file' | 'folder'
}

const formatWords = (format: FormatName, thing: 'file' | 'folder'): FormatWords => ({
  get title() {
    return t(`words.format-${format}-title`)
  },
  get sentence() {
    return t(`words.format-${format}-sentence`)
  },
  get loads() {
    return t(`words.format-${format}-loads`)
  },
  thing,
})

/** The words of every form that can be written. */
export const FORMAT_WORDS: Readonly<Record<FormatName, FormatWords>> = {
  gguf: formatWords('gguf', 'file'),
  safetensors: formatWords('safetensors', 'folder'),
  'safetensors-gptq': formatWords('safetensors-gptq', 'folder'),
  'safetensors-dense': formatWords('safetensors-dense', 'folder'),
}
