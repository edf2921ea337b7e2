import * as z from 'zod'

/** How small the file must be. The largest file allowed is always reported in bytes (1 GB = 10^9 bytes, 1 GiB = 2^30). */
export const Budget = z.discriminatedUnion('kind', [
  /** The file's size in bytes. */
  z.object({ kind: z.literal('size'), bytes: z.int().positive() }),
  /** Percent of the original's bytes. */
  z.object({ kind: z.literal('percent'), percent: z.number().positive().max(100) }),
  /** Bits per weight, averaged over the whole file, or over the experts' weights where the method says so (MethodCard.bitsOver). */
  z.object({ kind: z.literal('bits'), bitsPerWeight: z.number().positive().max(32) }),
  /** Fit a GPU of `vramBytes` with a context of `contextTokens`. */
  z.object({ kind: z.literal('vram'), vramBytes: z.int().positive(), contextTokens: z.int().positive() }),
  /** Percent of the expert parameters that go; for methods that factor them. */
  z.object({ kind: z.literal('remove'), percent: z.number().positive().lt(100) }),
])
export type Budget = z.infer<typeof Budget>

/** What can be written: a GGUF file, or a safetensors folder as it is planned, in the GPTQ layout, or rebuilt dense for stock loaders. */
export const FORMATS = ['gguf', 'safetensors', 'safetensors-gptq', 'safetensors-dense'] as const
export const FormatName = z.enum(FORMATS)
export type FormatName = z.infer<typeof FormatName>

export const DeviceName = z.enum(['auto', 'cpu', 'webgpu', 'cuda', 'dml', 'coreml'])
export type DeviceName = z.infer<typeof DeviceName>

/** Parameters of methods are numbers, words and lists of them. What is nested deeper than the stack no thread can be sent. */
const PARAMETER_DEPTH = 16

function isShallow(value: unknown): boolean {
  let level: unknown[] = [value]
  for (let depth = 0; level.length > 0; depth++) {
    level = level.filter((one) => typeof one === 'object' && one !== null).flatMap((one) => Object.values(one))
    if (depth > PARAMETER_DEPTH) return false
  }
  return true
}

/**
 * For a model whose way of cutting text llama.cpp has no name for: the name that was chosen among those that cut a fixed set of texts alike
 * (`fits` of the error 'pretokenizer-unknown'). Null for every other model.
 */
export const PreTokenizerChoice = z.string().min(1).max(64).nullable().default(null)

/** Everything a run is made from. Two runs with equal recipes on equal models write equal bytes. */
export const Recipe = z.object({
  modelPath: z.string().min(1),
  preTokenizer: PreTokenizerChoice,
  budget: Budget,
  method: z.string().default('measured-bits'),
  /** What is written; null = the first format the method can write. */
  format: FormatName.nullable().default(null),
  /** Parameters of the method, checked against its own schema. */
  parameters: z.record(z.string(), z.unknown()).refine(isShallow, `nested deeper than ${PARAMETER_DEPTH}`).default({}),
  /**
   * Text to calibrate on; null = the text shipped with Whittle. A file in UTF-8, or in UTF-16 with a byte order mark; of .jsonl and .json
   * the `text` of their objects. Or a folder: its text and source files (.txt, .md, .json, .jsonl, .py, .ts, .cpp, ...) in the order of
   * their names, at most 2,000.
   */
  corpusPath: z.string().nullable().default(null),
  /** Text to judge on, a file or a folder alike; null = a held-out part that calibration never sees. */
  heldOutPath: z.string().nullable().default(null),
  calibrationTokens: z.int().positive().default(16384),
  heldOutTokens: z.int().positive().default(8192),
  windowTokens: z.int().min(16).default(256),
  device: DeviceName.default('auto'),
  threads: z.int().min(0).default(0),
  seed: z.int().min(0).default(0),
  /** Where the file or folder goes; null = `<model>-<bits>bpw` with the format's ending in the store's output folder. */
  outPath: z.string().nullable().default(null),
  /** Whether a file already at `outPath` may be replaced. */
  overwrite: z.boolean().default(false),
})
export type Recipe = z.infer<typeof Recipe>

/** A budget in bytes, with every part named, so that no number on screen is unexplained. */
export const BudgetBreakdown = z.object({
  /** The largest file allowed. */
  fileBytes: z.int(),
  originalBytes: z.int(),
  /** Smallest and largest file this model can become with the types at hand. */
  smallestBytes: z.int(),
  largestBytes: z.int(),
  bitsPerWeight: z.number(),
  feasible: z.boolean(),
  /** Only for a GPU budget: where the memory goes. */
  memory: z
    .object({ vramBytes: z.int(), kvCacheBytes: z.int(), computeBytes: z.int(), reserveBytes: z.int(), contextTokens: z.int() })
    .nullable(),
})
export type BudgetBreakdown = z.infer<typeof BudgetBreakdown>
