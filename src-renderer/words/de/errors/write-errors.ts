import { clause } from './because.ts'
import type { ErrorFacts } from '../../error-facts.ts'
import type { ErrorWords } from '../../error-words.ts'

const path = (f: ErrorFacts): string => f.text('path', 'den Ausgabepfad')
const folder = (f: ErrorFacts): string => path(f).replace(/(?<=.)[/\\][^/\\]*$/, '')

const CHOOSE = 'Wählen Sie unter „Wohin es kommt“ einen anderen Pfad, oder lassen Sie ihn leer für den Ordner von Whittle.'
const NOT_ALLOWED = {
  why: (f: ErrorFacts) => `Sie haben keine Erlaubnis, ${path(f)} zu schreiben.`,
  remedy: `${CHOOSE} Ein Ordner in Ihrem persönlichen Verzeichnis genügt.`,
}

/** Why a file can't be written and what to do, by the reason that the core gives: a key of its own or the system's code. */
const REASONS: Readonly<Record<string, { why: (facts: ErrorFacts) => string; remedy: string }>> = {
  'inside-the-model': {
    why: (f) => `Der Pfad ${path(f)} liegt im Ordner des Originalmodells, und der wird nie verändert.`,
    remedy: CHOOSE,
  },
  'inside-the-program': {
    why: (f) => `Der Pfad ${path(f)} liegt in Whittles eigenem Ordner, den die nächste Version ersetzt.`,
    remedy: CHOOSE,
  },
  'read-by-the-run': { why: (f) => `Unter ${path(f)} liegt der Text, den dieser Lauf liest.`, remedy: CHOOSE },
  'not-a-gguf': { why: (f) => `Was unter ${path(f)} liegt, ist keine GGUF-Datei, und nur solche werden ersetzt.`, remedy: CHOOSE },
  ENOENT: { why: (f) => `Den Ordner ${folder(f)} gibt es nicht.`, remedy: `Legen Sie diesen Ordner zuerst an. Oder: ${CHOOSE}` },
  ENOTDIR: { why: (f) => `Ein Teil von ${folder(f)} ist eine Datei, kein Ordner.`, remedy: CHOOSE },
  EISDIR: {
    why: (f) => `Unter ${path(f)} liegt ein Ordner.`,
    remedy: 'Ergänzen Sie unter „Wohin es kommt“ einen Dateinamen, zum Beispiel modell.gguf.',
  },
  EACCES: NOT_ALLOWED,
  EPERM: NOT_ALLOWED,
  EROFS: { why: (f) => `Der Ordner ${folder(f)} liegt auf einem Laufwerk, das sich nur lesen lässt.`, remedy: CHOOSE },
  EBUSY: {
    why: (f) => `Ein anderes Programm benutzt ${path(f)}.`,
    remedy: `Schließen Sie jenes Programm, oder schreiben Sie woandershin. ${CHOOSE}`,
  },
  ENAMETOOLONG: {
    why: (f) => `Der Pfad ${path(f)} ist länger, als dieses Laufwerk erlaubt.`,
    remedy: 'Wählen Sie unter „Wohin es kommt“ einen kürzeren Namen.',
  },
  EINVAL: {
    why: (f) => `Der Pfad ${path(f)} enthält Zeichen, die dieses Laufwerk in Namen nicht erlaubt.`,
    remedy: 'Wählen Sie unter „Wohin es kommt“ einen schlichteren Namen.',
  },
  ELOOP: { why: (f) => `Die Verknüpfungen in ${path(f)} führen im Kreis.`, remedy: CHOOSE },
}

const REFUSED = { why: (f: ErrorFacts) => `Das System verweigert das Schreiben von ${path(f)}.`, remedy: CHOOSE }

const reasonOf = (f: ErrorFacts) => {
  const reason = f.text('reason', '')
  return Object.hasOwn(REASONS, reason) ? (REASONS[reason] ?? REFUSED) : REFUSED
}

/** Words for a path that can't be written to, in German. */
export const OUTPUT_NOT_WRITABLE: ErrorWords = {
  what: 'Dorthin lässt sich die Datei nicht schreiben.',
  why: (f) => reasonOf(f).why(f),
  remedy: (f) => reasonOf(f).remedy,
}

/** Words for a name that is taken, in German. */
export const OUTPUT_EXISTS: ErrorWords = {
  what: 'Eine Datei mit diesem Namen gibt es schon.',
  why: (f) =>
    f.text('reason', '') === ''
      ? `Unter ${f.text('path', 'dem Ausgabepfad')} liegt schon etwas, und dieser Lauf sollte es nicht ersetzen.`
      : `${f.text('path', 'Der Ausgabepfad')} lässt sich nicht ersetzen: ${clause(f, 'es ist nicht von Whittle')}.`,
  remedy:
    'Wählen Sie unter „Wohin es kommt“ einen anderen Namen, oder lassen Sie ihn leer, dann nimmt Whittle einen freien. Oder räumen Sie die alte Datei beiseite.',
}
