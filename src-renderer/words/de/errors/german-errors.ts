import type { ErrorCatalog } from '../../error-words.ts'
import { OPEN_ERRORS } from './open-errors.ts'
import { RUN_ERRORS } from './run-errors.ts'

/** Words for every error, in German. */
export const GERMAN_ERRORS: ErrorCatalog = {
  ...OPEN_ERRORS,
  ...RUN_ERRORS,
  'connection-lost': {
    what: 'Der Maschinenraum von Whittle antwortet nicht.',
    why: () => 'Das Programm hinter dieser Seite ist beendet oder startet gerade neu.',
    remedy: 'Warten Sie einen Moment; die Seite verbindet sich von selbst wieder. Sonst starten Sie Whittle neu.',
  },
  internal: {
    what: 'In Whittle ist etwas schiefgegangen.',
    why: () => 'Das ist unser Fehler, nicht Ihrer.',
    remedy: 'Versuchen Sie es noch einmal. Geschieht es wieder, melden Sie es bitte mit den Einzelheiten unten.',
  },
}
