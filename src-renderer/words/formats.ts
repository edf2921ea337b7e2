import type { FormatName } from '../../src-main/contract/recipe.ts'

/** A form of output: what it is, who loads it, what it is called on disk. */
export interface FormatWords {
  readonly title: string
  readonly sentence: string
  readonly loads: string
  /** 'file' or 'folder'. */
  readonly thing: 'file' | 'folder'
}

/** The words of every form that can be written. */
export const FORMAT_WORDS: Readonly<Record<FormatName, FormatWords>> = {
  gguf: { title: 'GGUF file', sentence: 'One file that desktop programs open.', loads: 'LM Studio, Ollama, llama.cpp', thing: 'file' },
  safetensors: {
    title: 'Transformers folder', sentence: 'The small form itself, codes or factors, with the short program that reads it.',
    loads: 'Hugging Face transformers, with the code in the folder', thing: 'folder',
  },
  'safetensors-gptq': {
    title: 'GPTQ folder', sentence: 'Codes in the layout that GPTQ loaders know; none of our code is needed.',
    loads: 'GPTQModel, and transformers through it', thing: 'folder',
  },
  'safetensors-dense': {
    title: 'Dense folder', sentence: 'Every matrix rebuilt at full size. It saves no space; it is for judging, fine-tuning or converting further.',
    loads: 'whatever loads the original', thing: 'folder',
  },
}
