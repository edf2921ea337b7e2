import type { DeviceFacts } from './calls.ts'
import type { Because, Reason } from './reasons.ts'

/** What a system says of a path, as its code. */
export type SystemReason = Extract<Reason, `E${Uppercase<string>}`>

/** What another program said, word for word: it is quoted, in whatever language it is. */
type Said = { readonly said: string }

/** Why the fast kernels are not used. */
export type KernelsMissing =
  Because<'kernels-not-built' | 'kernels-outdated' | 'kernels-not-wanted'> | (Because<'kernels-do-not-load'> & Said)

/** Why a JSON text is refused; and a file of a model's folder. */
export type JsonReason =
  'not-utf8' | 'not-json' | 'not-an-object' | 'json-open-string' | 'json-key-twice' | 'json-depth' | 'json-keys' | 'json-values'
export type ModelFileReason = 'too-long' | 'refused-by-the-system'

/** What is wrong with a setting. */
export type SettingReason =
  | 'at-least'
  | 'more-than'
  | 'at-most'
  | 'less-than'
  | 'not-empty'
  | 'text-long'
  | 'one-of'
  | 'whole-number'
  | 'number'
  | 'true-or-false'
  | 'text'
  | 'not-allowed'
  | 'no-setting'
  | 'layers-have-experts'
  | 'groups-uneven-experts'
  | 'bases-many'
  | 'rank-beyond'
  | 'rank-saves-nothing'
  | 'bases-together'
  | 'no-type-for'
  | 'skips-many'
  | 'window-long'
  | 'tokens-many'
  | 'splits-files'
  | 'cut-known'
  | 'modelfile-of-folder'

/** One setting that is wrong: its name, empty where it is none's, and why; hosts may say it in their own words. */
export type Problem = { readonly path: string } & (Because<SettingReason> | Said)

/** What is wrong with a key that makes a model's shape, in config.json or a GGUF header. */
export type FamilyReason =
  | 'absent'
  | 'no-count'
  | 'not-positive'
  | 'no-flag'
  | 'differs'
  | 'exceeds'
  | 'uneven'
  | 'odd-head'
  | 'no-pairs'
  | 'no-share'
  | 'unknown-word'
  | 'all-dense'
  | 'few-in-groups'

export type GgufReason =
  | 'unreadable'
  | 'not-a-file'
  | 'shrank'
  | 'no-magic'
  | 'big-endian'
  | 'gguf-version'
  | 'header-long'
  | 'count-many'
  | 'holds-nul'
  | 'ends-before'
  | 'text-not-utf8'
  | 'number-large'
  | 'key-empty'
  | 'key-missing'
  | 'json-key-twice'
  | 'array-of-arrays'
  | 'arrays-long'
  | 'bool-other'
  | 'value-type'
  | 'alignment'
  | 'tensor-nameless'
  | 'tensor-twice'
  | 'tensor-unaligned'
  | 'tensor-overlaps'
  | 'bytes-before'
  | 'tensor-dimensions'
  | 'tensor-sizes'
  | 'tensor-type'
  | 'tensor-blocks'
  | 'tensors-beyond'
  | 'bytes-after'
  | 'ends-inside'

export type HeaderReason =
  | JsonReason
  | ModelFileReason
  | 'is-gguf'
  | 'no-brace'
  | 'tensors-many'
  | 'shards-many'
  | 'no-weight-map'
  | 'shard-no-name'
  | 'entry-no-object'
  | 'shape-no-sizes'
  | 'offsets-no-pair'
  | 'bytes-before'
  | 'bytes-after'

export type TokenizerReason =
  | 'token-twice'
  | 'piece-damaged'
  | 'pieces-many'
  | 'pieces-none'
  | 'pieces-differ'
  | 'rank-no-line'
  | 'rank-twice'
  | 'ranks-long'
  | ModelFileReason
  | 'not-json'
  | 'json-depth'
  | 'json-values'
  | 'merge'
  | 'model-not-bpe'
  | 'vocabulary-missing'
  | 'token-id'
  | 'token-id-twice'
  | 'unexpected-content'
  | 'added-many'
  | 'added-long'
  | 'step-no-object'
  | 'steps-many'
  | 'steps-missing'
  | 'decoder-step'
  | 'decoder-expression'
  | 'decoder-no-text'
  | 'decoder-grows'
  | 'more-tokens-than-rows'
  | 'special-token-out-of-range'

export type TextReason =
  | 'empty'
  | 'unreadable'
  | 'not-a-file'
  | 'binary'
  | 'private'
  | 'not-utf8'
  | 'not-utf16'
  | 'no-text-files'
  | 'no-text-field'
  | 'not-json'
  | 'json-too-deep'
  | 'json-too-large'

export type BundleReason = 'not-a-bundle' | 'newer-version' | 'not-json' | 'json-depth' | 'forbidden-field' | 'bundle-large'
export type ChangedReason =
  'gone' | 'cut' | 'unreadable' | 'not-as-written' | 'other-header' | 'other-size' | 'other-tensors' | 'other-bytes'
export type StatisticsReason = 'missing' | 'truncated' | 'checksum' | 'version' | 'not-statistics'
export type AnswerReason = 'imported' | 'not-done' | 'model-gone' | 'model-changed' | 'file-gone' | 'file-changed' | 'prompt-too-long'
export type FolderReason =
  'not-absolute' | 'folder-missing' | 'not-a-folder' | 'folder-not-readable' | 'folder-not-writable' | 'inside-the-program'
type ExportReason =
  'imported' | 'not-done' | 'file-changed' | 'copy-differs' | 'header-too-large' | 'tensor-too-large' | 'too-many-parts' | 'runs-large'
type RequestReason =
  | 'other-model'
  | 'no-such-type'
  | 'not-in-plan'
  | 'check-at-work'
  | 'cancelled'
  | 'no-file-manager'
  | 'no-file-dialog'
  | 'no-folder-dialog'
  | 'no-file'
  | 'no-model-yet'
  | 'unknown-call'

type AtPath = { readonly path: string }
type InFolder = { readonly folder: string }
type OfTensor = { readonly path: string; readonly tensor: string }

/** What each error tells beside its code. Bytes where a name ends in Bytes, layers counted from 0. */
export interface ErrorDetails {
  'folder-not-found': { folder: string; file?: string; reason?: string | null }
  'config-missing': InFolder
  'config-invalid': { folder?: string; file?: string; key?: string; detail?: string } & Because<
    FamilyReason | JsonReason | ModelFileReason | SettingReason | 'missing-or-no-text' | 'other-layers' | 'no-such-column' | 'form-unfit'
  >
  'architecture-unknown': { architecture: string; known: readonly string[] }
  'config-key-unsupported': { key: string; value: unknown; where?: string }
  'weights-missing': { folder: string; wanted: readonly string[] }
  'pickle-refused': { path: string; renamed: boolean } | { folder: string; files: readonly string[] }
  'already-quantized': { folder: string; method: string | null }
  'shard-missing': { folder: string; shard: string } | (AtPath & Because<'unreadable'>)
  'shard-truncated': { path: string; bytes?: number; expected?: number; tensor?: string }
  'shard-path-escapes': { folder: string; file: string }
  'header-too-long': { path: string; headerBytes: string; fileBytes: number; limit: number }
  'header-invalid': AtPath & Because<HeaderReason>
  'tensor-overlap': OfTensor
  'tensor-out-of-bounds': OfTensor
  'tensor-missing': { tensor: string; shard?: string }
  'tensor-unexpected': { tensor: string; shard?: string }
  'tensor-shape':
    { tensor: string; shape: readonly number[]; expected: readonly number[] } | (AtPath & Because<'shape-too-large' | 'shape-other-bytes'>)
  'dtype-unsupported': { path: string; tensor: string; dtype: unknown }
  'tensor-not-finite': {
    tensor?: string
    where?: string
    index?: number
    model?: string
    layer?: number
    role?: string
    expert?: number | null
  }
  'tokenizer-missing': { folder: string; file: string }
  'tokenizer-invalid': { folder: string; file?: string; detail?: string } & (Because<TokenizerReason> | Said)
  'pretokenizer-unknown': { pattern: unknown; known: readonly string[]; fits: readonly string[] }
  'template-invalid': Because<'template-slow' | 'template-large'> | Said
  'path-not-chosen': { path: string; use: string }
  'corpus-not-found': AtPath
  'corpus-too-short': { path: string; tokens: number; needed: number } | (AtPath & Because<'no-line-to-cut-at'>)
  'corpus-overlap': { calibration: string; heldOut: string; share: number; limit: number }
  'corpus-invalid': AtPath & Because<TextReason>
  'budget-invalid':
    | { reason: 'context-too-long'; contextTokens: number; contextLength: number }
    | { reason: 'bits-of-factors'; bits: number }
    | { reason: 'removes-none' | 'only-factors-remove'; method: string }
    | { reason: 'dense-size'; format: string }
  'budget-too-small': {
    budgetBytes?: number
    smallestBytes?: number
    originalBytes?: number
    /** Where a card's memory goes. */
    memory?: object | null
    smallestCardBytes?: number | null
    /** Mean bits of the experts' weights asked for, and the fewest there can be. */
    averageBits?: number
    smallestAverageBits?: number
    /** Shares of the expert parameters, 0..1. */
    keptShare?: number
    smallestShare?: number
    /** In an integer program's own units. */
    capacity?: number
    smallest?: number
  } & (Partial<Record<'reason', undefined>> | Because<'fewest-bits'>)
  'method-unknown': { method: string; known: readonly string[] }
  'method-not-applicable':
    | { method: string; title: string; format: string | undefined; formats: readonly string[] }
    | ({ method: string; title: string; family: string } & Because<'no-experts' | 'dense-layers' | 'family-folder'>)
    | ({ method: string } & Because<'width-not-held' | 'skips-not-held' | 'groups-uneven' | 'columns-uneven' | 'rows-uneven'>)
  'planning-stopped': { reason: 'memory' } | { reason: 'time'; seconds: number }
  'disk-full': { path: string; needed: number; freeBytes?: number }
  'output-not-writable': AtPath & Because<SystemReason | 'inside-the-program' | 'inside-the-model' | 'read-by-the-run' | 'not-a-gguf'>
  'output-exists': AtPath | (AtPath & Because<'temporary-name' | 'not-a-folder' | 'not-ours' | 'folder-inside' | ModelFileReason>)
  'output-changed': AtPath & Because<ChangedReason>
  'gguf-invalid': { path?: string } & (Because<GgufReason> | ({ key: string } & Because<FamilyReason>))
  'verification-failed': AtPath & (Because<StatisticsReason | 'not-numbers'> | { by: string; said: string; log: readonly string[] })
  'device-unavailable': { device: string } & DeviceFacts
  'out-of-memory': { device: string } & Said
  'engine-crashed': {
    signal: string | null
    exitCode: number | null
    lastLayer: number | null
    peakMemoryBytes: number
    totalMemoryBytes: number
    output: string
  }
  'run-not-found': { runId: string }
  'run-busy': { runId?: string | null; path?: string; state?: string; pid?: number | null; answering?: boolean }
  'run-not-resumable':
    | { runId: string; state: string }
    | ({ runId: string; state: string } & Because<'imported' | 'no-report'>)
    | (AtPath & Because<'unreadable' | 'other-header' | 'shorter-than-journal'>)
  'run-damaged': { runId: string; part: string }
  'work-folder-not-writable': AtPath & ({ reason: string } | Said)
  'history-unreadable': { path: string; why: 'damaged' | 'newer'; detail: string; aside: string }
  'request-invalid':
    | { call?: string; method?: string; problems: readonly Problem[] }
    | ({ call?: string; runId?: string; checkId?: string } & Because<RequestReason>)
  'app-closing': Record<never, never>
  /** `at`: where in it a value is wrong, and `problem` why. */
  'bundle-invalid': Because<BundleReason> | { at: string; problem: Because<SettingReason> }
  'settings-invalid': { field?: string; path: string | null; system?: string } & Because<FolderReason | 'file-not-writable'>
  'export-failed': { path?: string; state?: string; bytes?: number; parts?: number; partBytes?: number } & Because<
    ExportReason | 'file-gone'
  >
  'answer-unavailable': { state?: string; code?: string } & Because<AnswerReason>
}
