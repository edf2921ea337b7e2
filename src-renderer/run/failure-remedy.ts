import type { ErrorShape } from '../../src-main/contract/error-shape.ts'
import type { ErrorCode } from '../../src-main/contract/errors.ts'
import type { MessageKey } from '../locales/i18n.ts'
import { errorFacts } from '../words/error-facts.ts'

/** The wizard step that can mend a failure, and what its button says. */
export interface Remedy {
  readonly step: 'model' | 'goal' | 'use' | 'method' | 'check'
  readonly words: MessageKey
}

const MODEL: Remedy = { step: 'model', words: 'run.changeModel' }
const GOAL: Remedy = { step: 'goal', words: 'run.changeGoal' }
const TEXT: Remedy = { step: 'use', words: 'run.changeText' }
const METHOD: Remedy = { step: 'method', words: 'run.changeMethod' }
const OUTPUT: Remedy = { step: 'method', words: 'run.changeOutput' }
const DEVICE: Remedy = { step: 'method', words: 'run.changeDevice' }
const MEMORY: Remedy = { step: 'use', words: 'run.changeMemory' }

/** What to change, by what went wrong. What is not here has no setting of its own: the check looks at everything again. */
const REMEDIES: Readonly<Partial<Record<ErrorCode, Remedy>>> = {
  'folder-not-found': MODEL,
  'config-missing': MODEL,
  'config-invalid': MODEL,
  'architecture-unknown': MODEL,
  'config-key-unsupported': MODEL,
  'weights-missing': MODEL,
  'pickle-refused': MODEL,
  'already-quantized': MODEL,
  'shard-missing': MODEL,
  'shard-truncated': MODEL,
  'shard-path-escapes': MODEL,
  'header-too-long': MODEL,
  'header-invalid': MODEL,
  'tensor-overlap': MODEL,
  'tensor-out-of-bounds': MODEL,
  'tensor-missing': MODEL,
  'tensor-unexpected': MODEL,
  'tensor-shape': MODEL,
  'dtype-unsupported': MODEL,
  'tensor-not-finite': MODEL,
  'tokenizer-missing': MODEL,
  'tokenizer-invalid': MODEL,
  'pretokenizer-unknown': MODEL,
  'template-invalid': MODEL,
  'planning-stopped': MODEL,
  'corpus-not-found': TEXT,
  'corpus-too-short': TEXT,
  'corpus-overlap': TEXT,
  'corpus-invalid': TEXT,
  'budget-invalid': GOAL,
  'budget-too-small': GOAL,
  'method-unknown': METHOD,
  'method-not-applicable': METHOD,
  'disk-full': OUTPUT,
  'output-not-writable': OUTPUT,
  'output-exists': OUTPUT,
  'device-unavailable': DEVICE,
  'out-of-memory': MEMORY,
  'engine-crashed': MEMORY,
}

/** The setting that matters for a failure. */
export function remedyOf(error: ErrorShape): Remedy {
  return Object.entries(REMEDIES).find(([code]) => code === error.code)?.[1] ?? { step: 'check', words: 'run.checkAgain' }
}

/** Where it happened: the layer (counted from 1) and the file, as far as the error or the run tells. */
export function placeOf(error: ErrorShape, lastFinished: number | null): { readonly layer: number | null; readonly file: string | null } {
  const facts = errorFacts(error.details)
  const layer = facts.number('layer') ?? facts.number('lastLayer')
  const file = facts.either(['path', 'file', 'shard', 'folder', 'tensor'], '')
  return { layer: layer === null ? (lastFinished === null ? null : lastFinished + 2) : layer + 1, file: file === '' ? null : file }
}
