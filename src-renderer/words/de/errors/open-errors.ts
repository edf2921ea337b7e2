import type { ErrorFacts } from '../../error-facts.ts'
import type { ErrorWords, OpenErrorCode } from '../../error-words.ts'
import { because } from './because.ts'

const DOWNLOAD_AGAIN = 'Laden Sie diese Datei noch einmal herunter und vergleichen Sie ihre Größe mit der auf der Seite des Modells.'
/** Whether it is llama.cpp that can't follow. */
const isRuntimes = (facts: ErrorFacts): boolean => facts.text('where', '') !== ''
const file = (facts: ErrorFacts) => facts.either(['path', 'file', 'shard'], 'Eine Gewichtsdatei')
const inFile = (facts: ErrorFacts) => facts.either(['path', 'file', 'shard'], 'einer Gewichtsdatei')
const folder = (facts: ErrorFacts) => facts.either(['folder', 'path'], 'Dieser Ordner')
const part = (facts: ErrorFacts) => facts.text('tensor', 'Ein Teil')

/** Words for everything that can be wrong with a model folder, in German. */
export const OPEN_ERRORS: Readonly<Record<OpenErrorCode, ErrorWords>> = {
  'folder-not-found': {
    what: 'Diesen Ordner gibt es nicht.',
    why: (f) => `Hier wurde nichts gefunden, was sich lesen lässt: ${f.either(['folder', 'path'], 'unter diesem Pfad')}.`,
    remedy:
      'Prüfen Sie den Pfad auf Tippfehler, und ob das Laufwerk angeschlossen ist. Er soll zu dem Ordner führen, in dem config.json liegt.',
  },
  'config-missing': {
    what: 'In diesem Ordner fehlt config.json.',
    why: (f) => `${folder(f)} sieht nicht wie ein Modell von Hugging Face aus: Die Datei, die das Modell beschreibt, fehlt.`,
    remedy:
      'Wählen Sie den Ordner, in dem config.json und die .safetensors-Dateien liegen. Brach der Download ab, starten Sie ihn noch einmal.',
  },
  'config-invalid': {
    what: (f) => `${f.text('file', 'config.json')} ist nicht zu verstehen.`,
    why: (f) =>
      `${f.text('key', '') ? `Bei „${f.text('key', '')}“ stimmt etwas nicht. ` : ''}${because(f, 'Die Datei ist beschädigt oder unvollständig.')}`,
    remedy: (f) => `Laden Sie ${f.text('file', 'config.json')} noch einmal von der Seite des Modells herunter.`,
  },
  'architecture-unknown': {
    what: 'Diese Art von Modell kennt Whittle noch nicht.',
    why: (f) => `Das Modell nennt sich „${f.text('architecture', 'anders')}“. Bisher bekannt: ${f.text('known', 'qwen3_moe')}.`,
    remedy: 'Wählen Sie ein Modell einer dieser Familien.',
  },
  'config-key-unsupported': {
    what: (f) =>
      isRuntimes(f)
        ? 'llama.cpp würde dieses Modell anders rechnen.'
        : 'Das Modell nutzt eine Einstellung, die Whittle nicht nachbilden kann.',
    why: (f) =>
      `„${f.text('key', 'Eine Einstellung')}“ ist ${f.text('value', 'auf etwas Unbekanntes gesetzt')}. ` +
      (isRuntimes(f)
        ? 'Eine GGUF-Datei davon ließe sich vielleicht nicht einmal laden und antwortete schlechter als das Modell.'
        : 'Raten ergäbe eine Datei, die Unsinn antwortet.'),
    remedy: (f) =>
      isRuntimes(f)
        ? 'Wählen Sie ein anderes Modell; wo die Seite „Verfahren“ für dieses einen Ordner anbietet, geht auch der.'
        : 'Wählen Sie ein anderes Modell oder das Original, aus dem dieses entstanden ist.',
  },
  'weights-missing': {
    what: 'In diesem Ordner liegen keine Gewichte.',
    why: (f) => `${folder(f)} enthält keine .safetensors-Datei.`,
    remedy:
      'Laden Sie das Modell noch einmal mit allen Dateien herunter. GGUF-Dateien lassen sich hier nicht verkleinern: Beginnen Sie mit dem Original.',
  },
  'pickle-refused': {
    what: 'Diese Gewichte haben ein Format, das Programme ausführen kann.',
    why: (f) =>
      `${f.either(['files', 'path'], 'Eine Datei')} ist ein Python-Pickle. Beim Öffnen kann alles ablaufen, was sein Autor hineingelegt hat; Whittle tut das deshalb nie.`,
    remedy: 'Suchen Sie eine safetensors-Fassung desselben Modells; fast jeder Herausgeber bietet eine an.',
  },
  'already-quantized': {
    what: 'Dieses Modell ist schon verkleinert.',
    why: (f) =>
      `Seine Gewichte sind als ${f.either(['format', 'method', 'quantization', 'quantMethod', 'dtype'], 'gerundete Zahlen')} gespeichert; noch einmal verkleinert, würden sie doppelt verlieren.`,
    remedy: 'Beginnen Sie mit der ursprünglichen Fassung des Modells in bf16 oder f16.',
  },
  'shard-missing': {
    what: 'Ein Teil des Modells fehlt.',
    why: (f) => `Das Verzeichnis nennt ${f.either(['shard', 'path', 'file'], 'eine Datei')}, aber im Ordner liegt sie nicht.`,
    remedy: 'Der Download ist nicht vollständig. Starten Sie ihn noch einmal; was schon da ist, bleibt meist erhalten.',
  },
  'shard-truncated': {
    what: 'Eine Gewichtsdatei ist abgeschnitten.',
    why: (f) =>
      `${file(f)} endet zu früh${f.number('expected') !== null ? `: Sie enthält ${f.size('bytes', 'weniger')} und sollte ${f.size('expected', 'mehr')} enthalten` : ''}.`,
    remedy: DOWNLOAD_AGAIN,
  },
  'shard-path-escapes': {
    what: 'Das Verzeichnis des Modells zeigt aus seinem Ordner hinaus.',
    why: (f) => `Es verlangt „${f.either(['file', 'shard', 'path'], 'einen Pfad')}“. Ein ehrliches Modell tut das nie.`,
    remedy: 'Benutzen Sie diese Kopie nicht. Holen Sie das Modell von einer Quelle, der Sie vertrauen.',
  },
  'header-too-long': {
    what: 'Eine Gewichtsdatei ist beschädigt.',
    why: (f) => `${file(f)} behauptet ein Inhaltsverzeichnis, das länger ist als erlaubt oder als die Datei selbst.`,
    remedy: DOWNLOAD_AGAIN,
  },
  'header-invalid': {
    what: 'Eine Gewichtsdatei ist beschädigt.',
    why: (f) => `Das Inhaltsverzeichnis von ${inFile(f)} ist nicht lesbar. ${because(f, 'Es verletzt die Regeln des Formats.')}`,
    remedy: DOWNLOAD_AGAIN,
  },
  'tensor-overlap': {
    what: 'Eine Gewichtsdatei ist beschädigt.',
    why: (f) => `In ${inFile(f)} überschneidet sich ${f.text('tensor', 'ein Teil')} mit dem Teil davor.`,
    remedy: DOWNLOAD_AGAIN,
  },
  'tensor-out-of-bounds': {
    what: 'Eine Gewichtsdatei ist beschädigt.',
    why: (f) => `In ${inFile(f)} liegt ${f.text('tensor', 'ein Teil')} hinter dem Ende der Datei.`,
    remedy: DOWNLOAD_AGAIN,
  },
  'tensor-missing': {
    what: 'Ein Teil des Modells fehlt.',
    why: (f) => `${part(f)} müsste laut config.json oder Verzeichnis da sein, ist es aber nicht.`,
    remedy: 'Laden Sie das Modell noch einmal mit allen Dateien herunter.',
  },
  'tensor-unexpected': {
    what: 'Das Modell enthält einen Teil, den niemand angekündigt hat.',
    why: (f) => `${part(f)} gehört nicht zu dieser Architektur oder steht nicht im Verzeichnis.`,
    remedy: 'Der Ordner mischt vielleicht Dateien zweier Modelle. Laden Sie es noch einmal in einen leeren Ordner herunter.',
  },
  'tensor-shape': {
    what: 'Ein Teil des Modells hat die falsche Größe.',
    why: (f) => {
      const expected = f.text('expected', '')
      return because(
        f,
        `${part(f)} ist ${f.text('shape', 'anders, als config.json sagt')}${expected ? `, sollte aber ${expected} sein` : ''}.`,
      )
    },
    remedy: 'config.json und die Gewichte stammen vielleicht von verschiedenen Modellen. Laden Sie beides noch einmal herunter.',
  },
  'dtype-unsupported': {
    what: 'Diese Art, Gewichte zu speichern, kann Whittle nicht lesen.',
    why: (f) => `${part(f)} ist als ${f.text('dtype', 'unbekannter Typ')} gespeichert. Whittle liest bf16, f16 und f32.`,
    remedy: 'Suchen Sie die bf16- oder f16-Fassung des Modells.',
  },
  'tensor-not-finite': {
    what: 'Das Modell enthält kaputte Zahlen.',
    why: (f) => `${part(f)} enthält Werte, die keine Zahlen sind. Eine Datei daraus würde Unsinn antworten.`,
    remedy: 'Laden Sie das Modell noch einmal herunter. Hilft das nicht, sind die veröffentlichten Gewichte selbst kaputt.',
  },
  'tokenizer-missing': {
    what: 'Der Tokenizer fehlt.',
    why: (f) => `${folder(f)} enthält keine Datei ${f.text('file', 'tokenizer.json')}.`,
    remedy: 'Laden Sie tokenizer.json und tokenizer_config.json von der Seite des Modells in denselben Ordner.',
  },
  'tokenizer-invalid': {
    what: 'Der Tokenizer ist nicht zu verstehen.',
    why: (f) => `Es geht um ${f.text('file', 'tokenizer.json')}. ${because(f, 'Die Datei ist beschädigt oder von unbekannter Art.')}`,
    remedy: 'Laden Sie tokenizer.json und tokenizer_config.json noch einmal herunter.',
  },
  'pretokenizer-unknown': {
    what: (f) =>
      f.list('fits').length === 0
        ? 'llama.cpp würde Text anders zerlegen, als dieses Modell es erwartet.'
        : 'llama.cpp hat keinen Namen dafür, wie dieses Modell Text zerlegt.',
    why: (f) =>
      f.list('fits').length === 0
        ? `Die Regel des Tokenizers ist keine von denen, die llama.cpp kennt (${f.text('known', 'keine passte')}), und keine davon zerlegt die Probetexte genauso. Raten würde die Antworten unbemerkt verschlechtern.`
        : `Alle Probetexte zerlegt es wie eine Art, die einen hat: ${f.list('fits').join(', ')}.`,
    remedy: (f) =>
      f.list('fits').length === 0
        ? 'Wählen Sie ein Modell mit üblichem Tokenizer oder das Original, aus dem dieses entstanden ist.'
        : 'Wählen Sie auf der Seite „Modell“ die, aus der dieses Modell entstanden ist. Die Wahl bleibt beim Lauf.',
  },
  'template-invalid': {
    what: 'Die Chat-Vorlage funktioniert nicht.',
    why: (f) => `Sie ließ sich nicht ausführen. ${because(f, 'Der Grund ist unbekannt.')}`,
    remedy: 'Laden Sie tokenizer_config.json noch einmal herunter oder nehmen Sie die Datei des Originalmodells.',
  },
}
