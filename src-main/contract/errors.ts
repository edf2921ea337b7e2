import type { ErrorShape } from './error-shape.ts'

/**
 * Everything that can go wrong because of the user's input or machine, by code. The words for each code live in the
 * renderer and in the CLI; `details` carries the facts those words need (paths, numbers, names).
 */
export type ErrorCode =
  // open
  | 'folder-not-found'
  | 'config-missing'
  | 'config-invalid'
  | 'architecture-unknown'
  | 'config-key-unsupported'
  | 'weights-missing'
  | 'pickle-refused'
  | 'already-quantized'
  | 'shard-missing'
  | 'shard-truncated'
  | 'shard-path-escapes'
  | 'header-too-long'
  | 'header-invalid'
  | 'tensor-overlap'
  | 'tensor-out-of-bounds'
  | 'tensor-missing'
  | 'tensor-unexpected'
  | 'tensor-shape'
  | 'dtype-unsupported'
  | 'tensor-not-finite'
  | 'tokenizer-missing'
  | 'tokenizer-invalid'
  | 'pretokenizer-unknown'
  | 'template-invalid'
  // text
  | 'path-not-chosen'
  | 'corpus-not-found'
  | 'corpus-too-short'
  | 'corpus-overlap'
  | 'corpus-invalid'
  // plan
  | 'budget-invalid'
  | 'budget-too-small'
  | 'method-unknown'
  | 'method-not-applicable'
  | 'planning-stopped'
  // compress, export
  | 'disk-full'
  | 'output-not-writable'
  | 'output-exists'
  | 'output-changed'
  | 'gguf-invalid'
  | 'verification-failed'
  // compute
  | 'device-unavailable'
  | 'out-of-memory'
  | 'engine-crashed'
  // runs
  | 'run-not-found'
  | 'run-busy'
  | 'run-not-resumable'
  | 'run-damaged'
  | 'work-folder-not-writable'
  | 'history-unreadable'
  | 'request-invalid'
  | 'app-closing'
  // history, export
  | 'bundle-invalid'
  | 'settings-invalid'
  | 'export-failed'
  | 'answer-unavailable'

/** A failure that is the user's to mend. Never thrown for a bug, never for a cancelled run. */
export class ExpectedError extends Error {
  readonly code: ErrorCode
  readonly details: Readonly<Record<string, unknown>>
  constructor(code: ErrorCode, details: Record<string, unknown> = {}, options?: ErrorOptions) {
    super(`${code} ${JSON.stringify(details)}`, options)
    this.name = 'ExpectedError'
    this.code = code
    this.details = details
  }
}

/** The wire form of anything thrown: an ExpectedError keeps its code, everything else is 'internal'. */
export function toErrorShape(error: unknown): ErrorShape {
  if (error instanceof ExpectedError) return { code: error.code, message: error.message, details: { ...error.details } }
  if (error instanceof Error) return { code: 'internal', message: error.message, details: { stack: error.stack ?? '' } }
  return { code: 'internal', message: String(error), details: {} }
}

/** The error a wire form stands for: the inverse of {@link toErrorShape} on the other side. */
export function fromErrorShape(shape: ErrorShape): Error {
  if (shape.code === 'internal') return new Error(shape.message)
  return new ExpectedError(shape.code as ErrorCode, shape.details)
}
