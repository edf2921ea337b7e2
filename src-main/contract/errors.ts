import type { ErrorDetails } from './error-details.ts'
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

/** Details that are all optional may be left out. */
type Rest<C extends ErrorCode> =
  Record<never, never> extends ErrorDetails[C]
    ? [details?: ErrorDetails[C], options?: ErrorOptions]
    : [details: ErrorDetails[C], options?: ErrorOptions]

/** A failure that is the user's to mend. Never thrown for a bug, never for a cancelled run. */
export class ExpectedError<C extends ErrorCode = ErrorCode> extends Error {
  readonly code: ErrorCode
  /** Written by {@link ErrorDetails}; whoever reads them, perhaps behind a wire, looks first. */
  readonly details: Readonly<Record<string, unknown>>
  constructor(code: C, ...rest: Rest<C>) {
    const [details = {}, options]: readonly [details?: object, options?: ErrorOptions] = rest
    super(`${code} ${JSON.stringify(details)}`, options)
    this.name = 'ExpectedError'
    this.code = code
    this.details = { ...details }
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
  return withFacts(shape.code as ErrorCode, shape.details)
}

/** The same error with facts that its thrower did not know. */
export function addFacts(error: ExpectedError, facts: Readonly<Record<string, unknown>>): ExpectedError {
  return withFacts(error.code, { ...facts, ...error.details }, { cause: error })
}

/** Details that whoever threw them wrote as the code wants them. */
function withFacts(code: ErrorCode, details: Readonly<Record<string, unknown>>, options?: ErrorOptions): ExpectedError {
  return new ExpectedError(code as 'app-closing', details, options)
}
