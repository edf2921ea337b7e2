import type { ErrorFacts } from '../../error-facts.ts'
import type { ErrorWords } from '../../error-words.ts'
import { because, clause } from './because.ts'

/** The sentence for a reason that is a key of its own; null for one this version does not know. */
function byReason(f: ErrorFacts, sentences: Readonly<Record<string, (path: string) => string>>): string | null {
  const reason = f.text('reason', '')
  return Object.hasOwn(sentences, reason) ? (sentences[reason]?.(f.text('path', 'Dieser Pfad')) ?? null) : null
}

export const SETTINGS_INVALID: ErrorWords = {
  what: 'Diese Einstellungen lassen sich nicht behalten.',
  why: (f) =>
    byReason(f, {
      'folder-missing': (path) => `Diesen Ordner gibt es nicht: ${path}.`,
      'not-a-folder': (path) => `${path} ist eine Datei, kein Ordner.`,
      'not-absolute': (path) => `${path} ist kein vollständiger Pfad.`,
      'folder-not-readable': (path) => `${path} lässt sich nicht lesen.`,
      'folder-not-writable': (path) => `In ${path} lässt sich nichts schreiben.`,
      'inside-the-program': (path) => `${path} liegt in Whittles eigenem Ordner, den die nächste Version ersetzt.`,
      'file-not-writable': (path) => `Die Datei der Einstellungen, ${path}, lässt sich nicht schreiben.`,
    }) ?? because(f, 'Ein Wert liegt außerhalb des Erlaubten, oder die Datei der Einstellungen ließ sich nicht schreiben.'),
  remedy: (f) => {
    const reason = f.text('reason', '')
    if (reason === 'not-absolute') return 'Schreiben Sie ihn ganz von vorn, etwa /home/name/modelle oder D:\\Modelle.'
    if (reason === 'file-not-writable') return 'Prüfen Sie die Rechte des Datenordners, und ob die Platte voll ist.'
    return f.text('path', '') === ''
      ? 'Berichtigen Sie den Wert und versuchen Sie es noch einmal.'
      : 'Prüfen Sie den Pfad, oder wählen Sie einen anderen Ordner.'
  },
}

export const BUNDLE_INVALID: ErrorWords = {
  what: 'Diese Datei ist kein Bündel von Läufen.',
  why: (f) => {
    const problem = f.part('problem')
    if (problem) return `${f.text('at', 'Sie')}: ${clause(problem, 'das gehört dort nicht hin')}.`
    return because(f, 'Whittle hat sie nicht geschrieben, oder sie wurde seitdem geändert.')
  },
  remedy: 'Exportieren Sie sie auf dem anderen Rechner noch einmal und wählen Sie die .json-Datei.',
}

export const EXPORT_FAILED: ErrorWords = {
  what: 'Der Export hat angehalten.',
  why: (f) =>
    byReason(f, {
      imported: () => 'Dieser Lauf kam von einem anderen Rechner, und sein Modell ist dort geblieben.',
      'not-done': () => 'Der Lauf ist nicht fertig, es gibt noch nichts zu exportieren.',
      'file-gone': (path) => `Das Modell liegt nicht mehr unter ${path}.`,
      'file-changed': (path) => `${path} wurde verändert, nachdem es geschrieben war.`,
      'copy-differs': () =>
        'Die Kopie weicht von dem ab, was der Lauf geschrieben hat: Die Datei des Laufs wurde verändert, oder ein Datenträger ist schadhaft.',
      'header-too-large': () => 'So kleine Teile fassen nicht einmal das Vokabular.',
      'tensor-too-large': () => 'Eine Matrix des Modells ist größer, als ein Teil sein darf.',
      'too-many-parts': () => 'So kleine Teile wären zu viele.',
    }) ?? because(f, 'Eine Datei ließ sich nicht schreiben.'),
  remedy:
    'Wählen Sie einen anderen Ordner, oder schaffen Sie dort Platz, und exportieren Sie noch einmal. Der Lauf selbst ist davon nicht berührt.',
}

export const ANSWER_UNAVAILABLE: ErrorWords = {
  what: 'Die beiden Modelle lassen sich jetzt nicht fragen.',
  why: (f) =>
    byReason(f, {
      imported: () => 'Dieser Lauf kam von einem anderen Rechner, und seine Modelle sind dort geblieben.',
      'not-done': () => 'Der Lauf ist nicht fertig, es gibt also noch kein verkleinertes Modell.',
      'model-gone': (path) => `Das Originalmodell liegt nicht mehr unter ${path}.`,
      'model-changed': (path) => `Unter ${path} liegt ein anderes Modell als das, das dieser Lauf verkleinert hat.`,
      'file-gone': (path) => `Das verkleinerte Modell liegt nicht mehr unter ${path}.`,
      'file-changed': (path) => `${path} wurde nach dem Schreiben geändert.`,
      'prompt-too-long': () =>
        `Die Frage hat ${f.text('tokens', 'zu viele')} Tokens; das Modell liest höchstens ${f.text('contextLength', 'weniger')}.`,
    }) ?? because(f, 'Eines von ihnen fehlt.'),
  remedy: (f) => {
    const reason = f.text('reason', '')
    if (reason === 'prompt-too-long') return 'Fragen Sie etwas Kürzeres.'
    if (reason === 'not-done') return 'Warten Sie, bis der Lauf fertig ist.'
    if (reason === 'imported')
      return 'Fragen Sie auf dem Rechner, der ihn gemacht hat, oder verkleinern Sie das Modell hier mit demselben Rezept.'
    return 'Legen Sie die Dateien zurück und fragen Sie noch einmal.'
  },
}

export const RUN_NOT_RESUMABLE: ErrorWords = {
  what: 'Dieser Lauf lässt sich nicht fortsetzen.',
  why: (f) =>
    f.text('reason', '') === 'imported'
      ? 'Er kam von einem anderen Rechner, und seine Dateien sind dort geblieben.'
      : because(f, 'Es gibt nichts fortzusetzen: Vielleicht läuft er gerade oder ist schon fertig.'),
  remedy: 'Beginnen Sie einen neuen Lauf mit denselben Einstellungen. Messungen werden, wo möglich, wiederverwendet.',
}
