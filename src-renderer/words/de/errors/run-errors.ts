import type { ErrorCode } from '../../../../src-main/contract/errors.ts'
import type { ErrorFacts } from '../../error-facts.ts'
import type { ErrorWords, OpenErrorCode } from '../../error-words.ts'
import { FORMAT_WORDS } from '../../formats.ts'
import { memorySize } from '../../numbers.ts'
import { because, clause } from './because.ts'
import { BUDGET_TOO_SMALL } from './budget-errors.ts'
import { ANSWER_UNAVAILABLE, BUNDLE_INVALID, EXPORT_FAILED, RUN_NOT_RESUMABLE, SETTINGS_INVALID } from './product-errors.ts'
import { REQUEST_INVALID, RUN_BUSY } from './request-errors.ts'
import { OUTPUT_EXISTS, OUTPUT_NOT_WRITABLE } from './write-errors.ts'

const TEXT_REASONS: ReadonlyMap<string, string> = new Map([
  ['not-a-file', 'ist keine Datei'],
  ['empty', 'ist leer'],
  ['binary', 'enthält etwas anderes als Text'],
  ['not-utf8', 'enthält Bytes, die nicht UTF-8 sind'],
  ['not-utf16', 'beginnt wie UTF-16 und ist keins'],
  ['unreadable', 'lässt sich nicht öffnen'],
  ['no-text-files', 'ist ein Ordner ohne Textdateien'],
  ['private', 'ist verborgen oder liegt dort, wo Programme Schlüssel und Einstellungen ablegen'],
  ['not-json', 'ist kein gültiges JSON'],
  ['json-too-deep', 'verschachtelt sein JSON tiefer, als Text es je ist'],
  ['no-text-field', 'hat in seinen JSON-Objekten kein Feld „text“'],
  ['json-too-large', 'ist ein einziger, zu großer JSON-Wert; schreiben Sie ein Objekt je Zeile (.jsonl)'],
])

function tooShort(facts: ErrorFacts): string {
  const path = facts.text('path', 'Der Text')
  if (facts.text('reason', '') === 'no-line-to-cut-at')
    return `${path} hat kein Zeilenende, an dem sich ein Teil zum Beurteilen abtrennen ließe.`
  return `${path} hat ${facts.text('tokens', 'zu wenige')} Tokens; gebraucht werden ${facts.text('needed', 'mehr')}.`
}

function budgetUnusable(facts: ErrorFacts): string {
  if (facts.text('reason', '') === 'bits-of-factors')
    return `Faktoren haben keine eigenen Bits, deshalb können ${facts.text('bits', 'einige')} Bit je Expertengewicht sie nicht begrenzen.`
  if (facts.text('reason', '') !== 'context-too-long') return because(facts, 'Eine Zahl liegt außerhalb des Erlaubten.')
  return `Sie haben einen Kontext von ${facts.text('contextTokens', 'vielen')} Tokens verlangt; dieses Modell ist für höchstens ${facts.text('contextLength', 'weniger')} gemacht.`
}

/** The title of a format; null for none this version knows. */
function formatTitle(name: string): string | null {
  const words = Object.entries(FORMAT_WORDS).find(([format]) => format === name)?.[1]
  return words ? `„${words.title}“` : null
}

function notApplicable(facts: ErrorFacts): string {
  const formats = facts.list('formats').flatMap((name) => formatTitle(name) ?? [])
  const method = facts.either(['title', 'method'], 'Das Verfahren')
  if (formats.length > 0)
    return `${method} schreibt ${formatTitle(facts.text('format', '')) ?? 'diese Form'} nicht. Möglich sind: ${formats.join(', ')}.`
  return because(facts, 'Das Modell oder die Form der Ausgabe kann nicht aufnehmen, was das Verfahren macht.')
}

function crashed(facts: ErrorFacts): string {
  const at = facts.number('lastLayer')
  const peak = facts.number('peakMemoryBytes')
  const total = facts.number('totalMemoryBytes')
  const how = facts.either(['signal', 'exitCode'], '')
  const where = at === null ? '' : ` bei Schicht ${at + 1}`
  const memory = peak && total ? ` Er hatte bis zu ${memorySize(peak)} von ${memorySize(total)} Arbeitsspeicher belegt.` : ''
  const guess = facts.text('signal', '') === 'SIGKILL' ? ' Oft ist es das System, das so Speicher frei macht.' : ''
  return `Ihr Prozess endete${where}${how ? ` (${how})` : ''}.${memory}${guess}`
}

/** Words for everything that can go wrong after a model was opened, in German. */
export const RUN_ERRORS: Readonly<Record<Exclude<ErrorCode, OpenErrorCode>, ErrorWords>> = {
  'path-not-chosen': {
    what: (f) => (f.text('use', '') === 'text' ? 'Dieser Text wurde hier nicht gewählt.' : 'Dieser Ort wurde hier nicht gewählt.'),
    why: (f) =>
      `Whittle liest nur Texte und schreibt nur an Orte, die Sie seit dem Start gewählt, eingetippt oder hierher gezogen haben oder die ein Lauf von Ihnen benutzt hat. ${f.text('path', 'Dieser')} gehört nicht dazu.`,
    remedy: 'Wählen Sie ihn noch einmal.',
  },
  'corpus-not-found': {
    what: 'Die Textdatei ist nicht da.',
    why: (f) => `Hier wurde nichts gefunden: ${f.text('path', 'unter diesem Pfad')}.`,
    remedy: 'Prüfen Sie den Pfad, oder nehmen Sie den eingebauten Text.',
  },
  'corpus-too-short': {
    what: 'Der Text ist zu kurz.',
    why: tooShort,
    remedy: 'Wählen Sie einen längeren Text, verlangen Sie weniger Tokens, oder nehmen Sie den eingebauten Text.',
  },
  'corpus-overlap': {
    what: 'Die beiden Texte haben Stellen gemeinsam.',
    why: (f) =>
      `Vom Text zum Beurteilen steht ein Teil (${f.text('share', 'einiges')}) auch im Kalibriertext. Die Qualitätszahlen sähen besser aus, als sie sind.`,
    remedy: 'Wählen Sie einen anderen Text zum Beurteilen, oder lassen Sie Whittle selbst einen Teil zurückhalten.',
  },
  'corpus-invalid': {
    what: 'Der Text ist nicht lesbar.',
    why: (f) => `${f.text('path', 'Die Datei')} ${TEXT_REASONS.get(f.text('reason', '')) ?? 'ist kein reiner Text in UTF-8'}.`,
    remedy: 'Speichern Sie ihn als reinen Text (.txt, UTF-8) und wählen Sie ihn noch einmal.',
  },
  'budget-invalid': {
    what: 'Dieses Budget ist nicht brauchbar.',
    why: budgetUnusable,
    remedy: 'Gehen Sie zurück zum Ziel und wählen Sie eine andere Zahl.',
  },
  'budget-too-small': BUDGET_TOO_SMALL,
  'method-unknown': {
    what: 'Dieses Verfahren gibt es hier nicht.',
    why: (f) => `„${f.text('method', 'Es')}“ ist nicht dabei: ${f.text('known', 'so heißt keines dieser Version')}.`,
    remedy: 'Wählen Sie eines der genannten Verfahren.',
  },
  'method-not-applicable': {
    what: (f) =>
      f.text('format', '') === ''
        ? 'Dieses Verfahren passt nicht zu diesem Modell.'
        : 'Dieses Verfahren und diese Form passen nicht zusammen.',
    why: notApplicable,
    remedy: (f) =>
      f.text('format', '') === ''
        ? 'Wählen Sie ein anderes Verfahren.'
        : `Wählen Sie ${formatTitle(f.text('use', '')) ?? 'eine andere Form'} oder ein anderes Verfahren.`,
  },
  'planning-stopped': {
    what: 'Whittle hat das Ausrechnen aufgegeben.',
    why: (f) =>
      f.text('reason', '') === 'memory'
        ? 'Es brauchte mehr Speicher, als Whittle dafür hergibt.'
        : `Es dauerte länger als ${f.text('seconds', 'einige hundert')} Sekunden.`,
    remedy:
      'Eine Datei des Modells kann beschädigt sein, oder seine Platte ist sehr langsam. Laden Sie das Modell neu herunter oder versuchen Sie ein anderes.',
  },
  'disk-full': {
    what: 'Die Platte ist voll.',
    why: (f) => {
      const [needed, free] = [
        f.number('needed') === null ? '' : `: Gebraucht werden ${f.size('needed', '')}`,
        f.number('freeBytes') === null ? '' : `, frei sind ${f.size('freeBytes', '')}`,
      ]
      return `${f.text('path', 'Die Ausgabe')} ließ sich nicht schreiben${needed}${needed ? free : ''}.`
    },
    remedy: 'Schaffen Sie Platz und machen Sie weiter. Fertige Schichten bleiben erhalten.',
  },
  'output-not-writable': OUTPUT_NOT_WRITABLE,
  'output-exists': OUTPUT_EXISTS,
  'gguf-invalid': {
    what: 'Die GGUF-Datei besteht ihre Prüfung nicht.',
    why: (f) => `Es geht um ${f.either(['path', 'key', 'tensor'], 'die Datei')}. ${because(f, 'Die Regeln des Formats sind verletzt.')}`,
    remedy: 'Starten Sie den Lauf noch einmal. Geschieht es wieder, melden Sie es bitte.',
  },
  'output-changed': {
    what: 'Etwas anderes hat die Datei verändert, während sie geschrieben wurde.',
    why: (f) => `${f.text('path', 'Die Datei')} ist nicht mehr so, wie sie geschrieben wurde: ${clause(f, 'sie hat anderen Inhalt')}.`,
    remedy:
      'Sorgen Sie dafür, dass kein anderes Programm sie schreibt oder verschiebt, und setzen Sie den Lauf fort. Unveränderte Schichten bleiben erhalten.',
  },
  'verification-failed': {
    what: 'Die fertige Datei hat die letzte Prüfung nicht bestanden.',
    why: (f) => because(f, 'Was zurückgelesen wurde, ist nicht, was geschrieben wurde.'),
    remedy: 'Benutzen Sie die Datei nicht. Starten Sie den Lauf noch einmal; geschieht es wieder, prüfen Sie die Platte.',
  },
  'device-unavailable': {
    what: 'Das gewählte Gerät ist nicht nutzbar.',
    why: (f) => `Gewählt ist: ${f.text('device', 'ein Gerät')}. ${because(f, 'Es hat nicht geantwortet.')}`,
    remedy: 'Wählen Sie unter „Einstellungen des Laufs“ die Automatik oder den Prozessor.',
  },
  'out-of-memory': {
    what: 'Der Speicher dieses Rechners hat nicht gereicht.',
    why: (f) =>
      `${f.text('device', 'Die Maschine')} bekam den verlangten Speicher nicht${f.number('layer') !== null ? ` (Schicht ${f.text('layer', '')})` : ''}.`,
    remedy: 'Schließen Sie andere Programme und machen Sie weiter. Fertige Schichten bleiben erhalten.',
  },
  'engine-crashed': {
    what: 'Die Maschine hat unerwartet aufgehört.',
    why: crashed,
    remedy: 'Schließen Sie andere Programme und machen Sie weiter. Fertige Schichten bleiben erhalten.',
  },
  'run-not-found': {
    what: 'Diesen Lauf gibt es nicht mehr.',
    why: () => 'Er wurde gelöscht, vielleicht in einem anderen Fenster.',
    remedy: 'Gehen Sie zurück zur Liste der Läufe.',
  },
  'run-damaged': {
    what: 'Der Eintrag dieses Laufs ist beschädigt.',
    why: () => 'Ein Teil davon lässt sich nicht mehr lesen.',
    remedy: 'Löschen Sie ihn aus dem Verlauf; die Datei, die er schrieb, bleibt, wo sie ist. Andere Läufe sind nicht betroffen.',
  },
  'run-busy': RUN_BUSY,
  'run-not-resumable': RUN_NOT_RESUMABLE,
  'history-unreadable': {
    what: 'Der Verlauf ist nicht lesbar.',
    why: (f) =>
      f.text('why', '') === 'newer'
        ? 'Eine neuere Version von Whittle hat ihn angelegt.'
        : `Seine Datei ist beschädigt: ${f.text('path', 'whittle.db')}.`,
    remedy: 'Starten Sie Whittle neu: Es bietet an, den alten Verlauf beiseitezulegen und einen leeren zu beginnen.',
  },
  'work-folder-not-writable': {
    what: 'Whittle kann nicht in seinen Datenordner schreiben.',
    why: (f) => `In ${f.either(['path', 'folder'], 'diesem Ordner')} ist das Schreiben nicht erlaubt.`,
    remedy: 'Prüfen Sie die Rechte dieses Ordners, oder starten Sie Whittle mit einem anderen (--work).',
  },
  'request-invalid': REQUEST_INVALID,
  'app-closing': { what: 'Whittle wird beendet.', why: () => 'Es beginnt nichts Neues mehr.', remedy: 'Starten Sie Whittle neu.' },
  'bundle-invalid': BUNDLE_INVALID,
  'settings-invalid': SETTINGS_INVALID,
  'export-failed': EXPORT_FAILED,
  'answer-unavailable': ANSWER_UNAVAILABLE,
}
