import type { Format } from './format.ts'
import { gguf } from './gguf/format.ts'
import { safetensors } from './safetensors/format.ts'

/** Every way of storing tensors that Whittle reads or writes. A new one is one folder and one line here. */
export const FORMAT_ENTRIES: readonly Format[] = [safetensors, gguf]
