import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import koffi from 'koffi'
import { llamaLibraries } from './ggml.ts'
import { BATCH, CONTEXT_PARAMS, MODEL_PARAMS, QUANTIZE_PARAMS } from './llama-structs.ts'

type Pointer = unknown
type Params = Record<string, unknown>

/** The part of llama.cpp's C interface the benches call, from the library inside node-llama-cpp. */
export interface LlamaLibrary {
  modelDefaults(): Params
  loadModel(path: string, params: Params): Pointer
  freeModel(model: Pointer): void
  contextDefaults(): Params
  newContext(model: Pointer, params: Params): Pointer
  freeContext(context: Pointer): void
  memoryOf(context: Pointer): Pointer
  clearMemory(memory: Pointer, data: boolean): void
  decode(context: Pointer, batch: Params): number
  /** Pointer to the logits of the last decode, (outputs, vocabulary). */
  logits(context: Pointer): Pointer
  vocabularyOf(model: Pointer): Pointer
  vocabularySize(vocabulary: Pointer): number
  tokenize(
    vocabulary: Pointer,
    text: string,
    bytes: number,
    tokens: Int32Array | null,
    capacity: number,
    special: boolean,
    parse: boolean,
  ): number
  quantizeDefaults(): Params
  quantize(input: string, output: string, params: Params): number
  /** llama.cpp's own version, e.g. 'v0.5.0'. */
  version(): string
}

let opened: { library: LlamaLibrary | null; reason: string } | null = null

/** Opens llama.cpp once a process; `reason` says why it can't be had. */
export function openLlama(): { library: LlamaLibrary | null; reason: string } {
  opened ??= load()
  return opened
}

function load(): { library: LlamaLibrary | null; reason: string } {
  const { folder, reason } = llamaLibraries()
  if (folder === null) return { library: null, reason }
  const find = (part: string) =>
    join(folder, readdirSync(folder).find((name) => new RegExp(`^(lib)?${part}.*\\.(so|dylib|dll)$`).test(name)) ?? part)
  koffi.load(find('ggml-base'), { global: true })
  const ggml = koffi.load(find('ggml\\.'), { global: true })
  const llama = koffi.load(find('llama\\.'), { global: true })
  // The library would print to stderr; any function without arguments and effects does for a log that says nothing.
  llama.func('void llama_log_set(void *callback, void *data)')(llama.symbol('llama_max_devices', 'void *'), null)
  ggml.func('void ggml_backend_load_all_from_path(const char *folder)')(folder)
  llama.func('void llama_backend_init()')()
  return { library: bind(llama), reason: '' }
}

function bind(llama: ReturnType<typeof koffi.load>): LlamaLibrary {
  return {
    modelDefaults: llama.func('llama_model_default_params', MODEL_PARAMS, []),
    loadModel: llama.func('llama_model_load_from_file', 'void *', ['const char *', MODEL_PARAMS]),
    freeModel: llama.func('void llama_model_free(void *model)'),
    contextDefaults: llama.func('llama_context_default_params', CONTEXT_PARAMS, []),
    newContext: llama.func('llama_init_from_model', 'void *', ['void *', CONTEXT_PARAMS]),
    freeContext: llama.func('void llama_free(void *context)'),
    memoryOf: llama.func('void *llama_get_memory(void *context)'),
    clearMemory: llama.func('void llama_memory_clear(void *memory, bool data)'),
    decode: llama.func('llama_decode', 'int32_t', ['void *', BATCH]),
    logits: llama.func('void *llama_get_logits(void *context)'),
    vocabularyOf: llama.func('void *llama_model_get_vocab(void *model)'),
    vocabularySize: llama.func('int32_t llama_vocab_n_tokens(void *vocabulary)'),
    tokenize: llama.func(
      'int32_t llama_tokenize(void *vocabulary, const char *text, int32_t bytes, _Out_ int32_t *tokens, int32_t capacity, bool special, bool parse)',
    ),
    quantizeDefaults: llama.func('llama_model_quantize_default_params', QUANTIZE_PARAMS, []),
    quantize: llama.func('llama_model_quantize', 'uint32_t', ['const char *', 'const char *', koffi.pointer(QUANTIZE_PARAMS)]),
    version: llama.func('const char *llama_version()'),
  }
}
