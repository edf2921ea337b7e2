import type { NoteWords } from '../../../src-main/contract/notes.ts'
import { decimal, percentage } from '../numbers.ts'

const share = (part: number): string => percentage(Number((100 * part).toPrecision(3)))

/** What people should know of a plan, in German. */
export const NOTES: NoteWords = {
  'kept-in-f32': () => 'Normen und Router bleiben F32',
  'rows-not-whole': ({ columns, type }) => `Zeilen von ${columns} Gewichten sind keine ganzen Blöcke von ${type}`,
  'limit-leaves-all': () => 'Die Grenze lässt jede Matrix, wie sie ist.',
  'feedback-loses-less': () => 'Der Verlust ist für das Runden zum Nächsten vorausgesagt; mit Fehlerrückführung ist weniger zu erwarten.',
  'types-by-layer': () =>
    'Typen werden je Schicht und Projektion gewählt, wie GGUF sie aufnehmen kann; die Veröffentlichung wählt je Experte.',
  'top-widths-dropped': ({ layers, widths }) =>
    `In ${layers} Schichten ist das Budget zu klein für je einen Experten mit den beiden größten Breiten von ${widths.join(', ')}; die Veröffentlichung verlangt einen.`,
  'one-budget': () =>
    'Alle Schichten teilen ein Budget, jede gewogen mit dem Kehrwert der Leistung ihres Reststroms: Das steht nicht in der Veröffentlichung.',
  'solver-stopped': ({ gap }) =>
    `Dem Löser ging die Zeit aus; die Verteilung liegt höchstens ${percentage(Number((100 * gap).toPrecision(2)))} unter der besten.`,
  'experts-unseen': ({ experts }) =>
    `Zu ${experts} Experten kam kein Token des Kalibriertexts; ihr Fehler ist aus ihren Gewichten geschätzt.`,
  'inputs-unfactored': ({ matrices }) =>
    `${matrices} Matrizen sind zum Nächsten gerundet, weil sich die zweiten Momente ihrer Eingaben nicht zerlegen ließen.`,
  'tokens-skip': (note) =>
    `Tokens überspringen ${share(note.share)} ihrer gewählten Experten, außer den wichtigsten ${share(note.protectedShare)}; bei mehr als zwei Experten je Token ist die Regel unsere Rekonstruktion.`,
  'mobe-sizes': ({ factorsDown, sizes }) =>
    `${factorsDown ? 'Auch Down-Matrizen werden zerlegt' : 'Down-Matrizen bleiben, wie sie sind'}; die erste Schicht hat ${sizes.map(({ bases, rank }) => `${bases} Basen vom Rang ${rank}`).join(' und ')}.`,
  'mobe-down': ({ forced }) =>
    `Down-Matrizen zu zerlegen ist unsere Erweiterung von MoBE, das sie lässt${forced ? '; die Grenze ließe Gate und Up allein zu wenig Rang' : ''}.`,
  'mobe-ranks': () => 'Die Grenze verlangt Ränge unter der Breite der Experten, mit der veröffentlicht wurde.',
  'rfid-reconstructed': () =>
    'Die öffentliche Zusammenfassung von RFID-MoE nennt keine Formeln: Wichtigkeit, Gruppen, Ränge und die dünne Projektion sind eine Rekonstruktion.',
  'rfid-ranks': ({ allocation, plain, projections, residual, residualBits, withResidual }) =>
    `Ränge ${allocation === 'greedy' ? 'nach gesenktem Fehler je Byte' : 'im Verhältnis der Wichtigkeit'}; ${plain} von ${projections} Projektionen bleiben, wie sie sind; ` +
    `ein Rest (${RESIDUALS[residual] ?? residual}, ${decimal(residualBits)} Bit${residualBits === 8 ? ', je als halber Parameter gezählt' : ''}) bleibt in ${withResidual}.`,
  'd2-base': () =>
    'Der gemeinsame Teil ist das nach Häufigkeit gewogene Mittel der Experten: D2-MoE ohne Gradienten, das sonst nach Fisher-Information wiegt.',
  'moe-svd-reconstructed': () =>
    'MoE-SVD hat keinen öffentlichen Code: Schwellen der Empfindlichkeit, die Anpassung der linken Faktoren und ihre Wiederverwendung sind nach der Beschreibung rekonstruiert.',
  'moe-svd-layers': ({ factored, layers, rank }) => `${factored} von ${layers} Schichten sind zerlegt, mit Rang ${rank}.`,
  said: ({ text }) => `Notiz einer älteren Version: „${text}“`,
}

const RESIDUALS: Readonly<Record<string, string>> = { columns: 'Spalten', signs: 'Vorzeichen', none: 'keiner' }
