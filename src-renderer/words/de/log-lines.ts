import type { LogWords } from '../../../src-main/contract/log-lines.ts'
import { errorFacts } from '../error-facts.ts'
import { bits, count, decimal, fileSize, measure } from '../numbers.ts'
import { because } from './errors/because.ts'

const reason = (why: Readonly<Record<string, unknown>>): string => because(errorFacts(why), 'Der Grund ist unbekannt.')

/** What a job says while it works, in German. */
export const LOG: LogWords = {
  opened: ({ name, layers, experts, device, kernels }) =>
    `${name}: ${layers} Schichten mit je ${experts} Experten, auf ${device}, Kernel ${kernels}`,
  'slow-kernels': ({ why }) => `Kodiert wird mit den langsamen Kerneln. ${reason(why)}`,
  'template-broken': ({ why }) => `Die Chat-Vorlage des Modells funktioniert nicht. ${reason(why)}`,
  'text-short': ({ tokens, wanted }) =>
    `Der Kalibriertext hat ${count(tokens)} Tokens in ganzen Fenstern, weniger als die verlangten ${count(wanted)}`,
  calibrated: ({ tokens, reused }) =>
    reused ? `Kalibrierung mit ${count(tokens)} Tokens aus einem früheren Lauf` : `Kalibrierung mit ${count(tokens)} Tokens gemessen`,
  'calibration-damaged': ({ why }) => `Die aufgehobene Kalibrierung ist unbrauchbar und wird neu gemessen. ${reason(why)}`,
  'experts-rare': ({ rare, experts, tokens }) =>
    `${count(rare)} von ${count(experts)} Experten sahen weniger als ${tokens} Tokens des Kalibriertexts; mehr Text täte ihnen gut`,
  planned: ({ bytes, budgetBytes, expectedError }) =>
    `Geplant sind ${fileSize(bytes)} von höchstens ${fileSize(budgetBytes)}; ${expectedError === null ? 'der Verlust wird am Ende gemessen' : `vorausgesagte KL-Divergenz ${measure(expectedError)}`}`,
  'inputs-unfactored': ({ sets }) =>
    `${sets} Gruppen von Eingaben lassen sich nicht zerlegen; ihre Matrizen wurden zum Nächsten gerundet, ohne Fehlerrückführung`,
  'layer-written': ({ layer, bytes, seconds }) =>
    `${layer === null ? 'Einbettung und Ausgabe' : `Schicht ${layer + 1}`} geschrieben: ${fileSize(bytes)} in ${decimal(seconds, 1)} s`,
  'not-verified': ({ why }) => `Die Datei ist nicht gegengeprüft. ${because(errorFacts(why), 'Niemand wurde gefragt.')}`,
  disagrees: ({ engine, perplexity, expected }) =>
    `${engine} widerspricht: Perplexität ${bits(perplexity)}, unsere ${bits(expected)}; der Datei ist nicht zu trauen`,
  'history-waits': ({ said }) => `In den Datenordner lässt sich nicht schreiben („${said}“); es wird weiter versucht`,
  'history-lost': ({ said }) => `Eine Zeile des Verlaufs ging verloren: „${said}“`,
  'history-again': () => 'In den Datenordner lässt sich wieder schreiben',
  'machine-unseen': ({ said }) => `Der Rechner ließ sich nicht beobachten: „${said}“`,
  'priority-stays': ({ said }) => `Die Priorität bleibt, wie sie ist, bis der Lauf fortgesetzt wird: „${said}“`,
}
