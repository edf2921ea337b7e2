import type { ErrorCode } from '../../src-main/contract/errors.ts'
import type { ErrorFacts } from './error-facts.ts'

/** What happened, why, and what to do about it; where they depend on the facts, as functions of them. */
export interface ErrorWords {
  readonly what: string | ((facts: ErrorFacts) => string)
  readonly why: (facts: ErrorFacts) => string
  readonly remedy: string | ((facts: ErrorFacts) => string)
}

/** Codes of what can be wrong with a model folder. */
export type OpenErrorCode = Extract<
  ErrorCode,
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
>

/** Every code of the contract, a lost connection, and what is none of them. */
export type ErrorCatalog = Readonly<Record<ErrorCode | 'connection-lost' | 'internal', ErrorWords>>
