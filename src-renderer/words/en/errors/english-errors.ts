import type { ErrorCatalog } from '../../error-words.ts'
import { OPEN_ERRORS } from './open-errors.ts'
import { RUN_ERRORS } from './run-errors.ts'

/** Words for every error, in English. */
export const ENGLISH_ERRORS: ErrorCatalog = {
  ...OPEN_ERRORS,
  ...RUN_ERRORS,
  'connection-lost': {
    what: "Whittle's engine room doesn't answer.",
    why: () => 'The program behind this page has stopped or is restarting.',
    remedy: 'Wait a moment; the page reconnects by itself. Otherwise start Whittle again.',
  },
  internal: {
    what: 'Something went wrong inside Whittle.',
    why: () => 'This is a mistake of ours, not of yours.',
    remedy: 'Try again. If it happens twice, please report it with the details below.',
  },
}
