import type { ErrorFacts } from '../../error-facts.ts'
import type { ErrorWords } from '../../error-words.ts'
import { FORMAT_WORDS } from '../../formats.ts'
import { atLeastFileSize, atLeastMemorySize, ceiling, decimal, fileSize, memorySize, percentage } from '../../numbers.ts'
import { because } from './because.ts'

const ONE_PRESS = 'Auf der Seite „Ziel“ stellt ein Klick das nächstmögliche ein.'

/**
 * Words for a budget that no file of this model meets, in German: for a card, where its memory goes; always the nearest one that is
 * possible.
 */
export const BUDGET_TOO_SMALL: ErrorWords = {
  what: (f) =>
    f.part('memory')
      ? 'Dieses Modell passt nicht in diese Grafikkarte.'
      : f.number('averageBits') === null
        ? 'So klein kann das Modell nicht werden.'
        : 'Das sind zu wenige Bits.',
  why: (f) => {
    const memory = f.part('memory')
    return memory ? cardTooSmall(f, memory) : (bitsTooFew(f) ?? shareTooSmall(f) ?? programTooSmall(f) ?? fileTooSmall(f))
  },
  remedy: (f) => {
    const [bits, share] = [f.number('smallestAverageBits'), f.number('smallestShare')]
    if (bits !== null) return `Erlauben Sie mindestens ${decimal(ceiling(bits, 2))} Bit je Expertengewicht.${otherFormat(f)}`
    if (f.number('keptShare') !== null && share !== null && share >= 0.999)
      return 'Mit diesen Einstellungen lässt sich nichts entfernen. Wählen Sie andere Einstellungen oder ein anderes Verfahren.'
    if (f.number('keptShare') !== null && share !== null)
      return `Entfernen Sie höchstens ${percentage(Math.floor((1 - share) * 1000) / 10)} der Expertenparameter, oder wählen Sie ein anderes Verfahren.`
    const smallest = f.number('smallestBytes')
    if (smallest === null) return `${ONE_PRESS} Oder beginnen Sie mit einem kleineren Modell.`
    const card = f.part('memory') === null ? null : f.number('smallestCardBytes')
    if (card === null) return `Erlauben Sie mindestens ${atLeastFileSize(smallest)}. ${ONE_PRESS}`
    return `Mit diesem Kontext braucht eine Karte mindestens ${atLeastMemorySize(card)}; ein kürzerer Kontext braucht weniger. ${ONE_PRESS}`
  },
}

function fileTooSmall(f: ErrorFacts): string {
  const [budget, smallest] = [f.number('budgetBytes'), f.number('smallestBytes')]
  if (budget === null || smallest === null) return 'Die kleinste Datei, die aus diesem Modell werden kann, ist größer.'
  return `Sie haben höchstens ${fileSize(budget)} erlaubt; die kleinste Datei, die aus diesem Modell werden kann, hat ${fileSize(smallest)}.`
}

function cardTooSmall(f: ErrorFacts, memory: ErrorFacts): string {
  const size = (key: string): string => {
    const bytes = memory.number(key)
    return bytes === null ? 'ein Teil' : memorySize(bytes)
  }
  const left = f.number('budgetBytes')
  const parts = `${size('kvCacheBytes')} für einen Kontext von ${memory.text('contextTokens', 'vielen')} Tokens, ${size('computeBytes')} zum Rechnen, und ${size('reserveBytes')} bleiben für andere Programme frei`
  return `Von den ${size('vramBytes')} der Karte gehen ab: ${parts}. Für die Datei bleibt ${left ? fileSize(left) : 'nichts'}; die kleinste, die aus diesem Modell werden kann, hat ${f.size('smallestBytes', 'mehr')}.`
}

/** A limit on the mean bits of the experts' weights; null when it was none. */
function bitsTooFew(f: ErrorFacts): string | null {
  const [asked, smallest] = [f.number('averageBits'), f.number('smallestAverageBits')]
  if (asked === null || smallest === null) return null
  const reason = f.text('reason', '') === '' ? '' : ` ${because(f, '')}`
  return `Sie haben im Mittel ${decimal(asked)} Bit je Expertengewicht erlaubt; weniger als ${decimal(ceiling(smallest, 2))} sind nicht möglich.${reason}`
}

/** A limit on the share of the expert parameters that stay; null when it was none. */
function shareTooSmall(f: ErrorFacts): string | null {
  const [asked, smallest] = [f.number('keptShare'), f.number('smallestShare')]
  if (asked === null || smallest === null) return null
  return `Sie wollten ${percentage((1 - asked) * 100)} der Expertenparameter entfernen. Mit diesen Einstellungen behält das Verfahren mindestens ${percentage(ceiling(smallest * 100, 1))} davon.`
}

/** What the solver of an integer program says, in the program's own units; null when it was not the solver. */
function programTooSmall(f: ErrorFacts): string | null {
  const [capacity, smallest] = [f.number('capacity'), f.number('smallest')]
  if (capacity === null || smallest === null) return null
  return `Selbst die kleinste Wahl für jeden Teil braucht ${percentage((smallest / Math.max(capacity, 1e-9) - 1) * 100)} mehr als das Budget.`
}

function otherFormat(f: ErrorFacts): string {
  const use = f.text('use', '')
  const words = Object.entries(FORMAT_WORDS).find(([name]) => name === use)?.[1]
  return words ? ` Oder wählen Sie als Ausgabe „${words.title}“; dort sind weniger möglich.` : ''
}
