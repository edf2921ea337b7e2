import type { USE as ENGLISH } from '../en/use.ts'
import type { SameMessages } from '../same-messages.ts'

/** Messages of the text page: what the model is measured and judged on, in German. */
export const USE: SameMessages<typeof ENGLISH> = {
  title: 'Zweck',
  heading: 'Wofür wollen Sie es verwenden?',
  lead: 'Whittle liest Text durch das Modell, um zu sehen, welche Teile zählen. Text wie Ihrer erhält, was Sie brauchen; für einen ersten Lauf genügt der mitgelieferte.',
  next: 'Verfahren wählen',

  learn: 'Text zum Messen',
  builtIn: 'Der mitgelieferte Text',
  builtInMore:
    'Kurze englische Geschichten, Dialoge, Notizen und Code, für Whittle geschrieben. Gut zum Ausprobieren; wenig für ein großes Modell.',
  own: 'Meine eigenen Texte',
  ownMore: 'Eine Textdatei oder ein Ordner voller Texte: Code, Chats, Notizen, jede Sprache.',
  ownWhy: 'Je näher an dem, was Sie das Modell fragen werden, desto besser bleibt es darin.',

  judge: 'Text zum Beurteilen',
  setAside: 'Einen Teil beiseitelegen',
  setAsideMore: 'Text, den das Messen nie sieht, damit das Urteil fair ist.',
  ownJudge: 'Ein eigener Text',
  ownJudgeMore: 'Ein anderer als der obige; Stellen, die in beiden vorkommen, werden abgelehnt.',

  path: 'Datei oder Ordner: {what}',
  pathExample: '/home/ich/texte',
  pickFile: 'Datei wählen …',
  pickFolder: 'Ordner wählen …',
  take: 'Diesen Text nehmen',
  dropHere: 'Oder ziehen Sie eine Datei oder einen Ordner hierher.',
  dropUnknown: 'Der Browser verrät einer Seite nicht, wo eine abgelegte Datei liegt. Geben Sie den Pfad stattdessen ein.',

  amount: 'Wie viel davon',
  amounts: 'Übliche Textmengen',
  calibrationTokens: 'Zum Messen',
  calibrationHint: 'Mehr dauert länger und hilft selten genutzten Experten.',
  heldOutTokens: 'Zum Beurteilen',
  heldOutHint: 'Mehr macht die Qualitätszahlen sicherer.',
  tokens: 'Token',

  outcome: 'Was da ist',
  reading: 'Der Text wird gelesen …',
  thereLearn: 'Gemessen mit',
  thereJudge: 'Beurteilt an',
  used: '{used} von {tokens} Token',
  shorter: 'Kürzer als die gewünschten {asked}, deshalb wird alles verwendet.',
  builtInShort:
    'Dieses Modell hat {experts} Experten je Schicht; manche sehen womöglich wenig Text. Ein eigener, längerer Text erreicht mehr von ihnen.',
  time: 'Zeit insgesamt',
  timeMore: 'auf diesem Rechner, mit {method}',
  timeUnknown: 'vor der Prüfung nicht bekannt',
  ready: 'Hier müssen Sie nichts entscheiden: Sie können weitergehen.',

  preview: 'Den Text sehen, wie das Modell ihn liest',
  previewNote: 'Erstes Fenster und Chat',
  views: 'Ansichten des Textes',
  'view-window': 'Erstes Fenster',
  'view-chat': 'Ein Chat in der Vorlage des Modells',
  noChat: 'Dieses Modell hat keine Chat-Vorlage.',
}
