import { because, clause } from './because.ts'
import type { ErrorFacts } from '../../error-facts.ts'
import type { ErrorWords } from '../../error-words.ts'

const isOtherModel = (f: ErrorFacts): boolean => f.text('reason', '') === 'other-model'

/** Words for a request that can't be met, in German: settings that are wrong, one by one, or a plan that no longer fits its model. */
export const REQUEST_INVALID: ErrorWords = {
  what: (f) => {
    if (isOtherModel(f)) return 'Das Modell hat sich geändert, seit der Plan gemacht wurde.'
    return f.text('reason', '') ? 'Das geht so nicht.' : 'Einige Einstellungen sind nicht gültig.'
  },
  why: (f) => {
    if (isOtherModel(f))
      return `${f.text('path', 'Der Ordner')} enthält nicht mehr das Modell, für das dieser Lauf geplant wurde, und der Plan passt nur zu jenem.`
    const problems = f.parts('problems').map(problemWords)
    return problems.length > 0 ? `${problems.join('; ')}.` : because(f, 'Ein Wert fehlt oder liegt außerhalb des Erlaubten.')
  },
  remedy: (f) =>
    isOtherModel(f)
      ? 'Ändern Sie die Einstellungen und lassen Sie den Plan neu machen. Oder legen Sie das alte Modell zurück und machen Sie weiter.'
      : 'Berichtigen Sie die Einstellungen und versuchen Sie es noch einmal.',
}

function problemWords(problem: ErrorFacts): string {
  const why = clause(problem, 'der Wert liegt außerhalb des Erlaubten')
  const setting = problem.text('path', '')
  return setting ? `Die Einstellung ${setting}: ${why}` : `${why.charAt(0).toUpperCase()}${why.slice(1)}`
}

/** Words for a run that another one, another window or a terminal is in the way of, in German. */
export const RUN_BUSY: ErrorWords = {
  what: (f) => {
    if (f.text('path', '')) return 'Ein anderer Lauf schreibt genau diese Datei.'
    return f.text('state', '') || f.number('pid') !== null ? 'Dieser Lauf arbeitet schon.' : 'Ein anderer Lauf ist unterwegs.'
  },
  why: (f) => {
    const path = f.text('path', '')
    if (path) return `Beide würden nach ${path} schreiben und einander die Arbeit verderben.`
    const pid = f.number('pid')
    if (pid !== null) return `Prozess ${pid} arbeitet daran, vielleicht für ein anderes Fenster oder ein Terminal.`
    return f.text('state', '')
      ? 'Seine Dateien sind in Gebrauch, bis er aufhört.'
      : 'Jeweils ein Lauf bekommt den ganzen Rechner; zwei wären beide langsamer.'
  },
  remedy: (f) =>
    f.text('path', '')
      ? 'Warten Sie auf den anderen Lauf oder brechen Sie ihn ab. Oder wählen Sie einen anderen Namen für die Ausgabe.'
      : 'Warten Sie, bis er fertig ist, oder brechen Sie ihn ab.',
}
