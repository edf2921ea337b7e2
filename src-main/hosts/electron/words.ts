import { LANGUAGES, type Language } from '../../contract/settings.ts'

/** What the system itself shows of Whittle: menus, dialogs, notifications. The page has its own catalogs, which main code cannot read. */
const english = {
  file: '&File', newRun: 'New Run', openModel: 'Open Model …', openRecent: 'Open Recent', clearRecent: 'Clear Menu', export: 'Export …', settings: 'Settings …', quit: 'Quit Whittle', close: 'Close Window',
  edit: '&Edit', undo: 'Undo', redo: 'Redo', cut: 'Cut', copy: 'Copy', paste: 'Paste', selectAll: 'Select All',
  view: '&View', history: 'History', compare: 'Compare', theme: 'Appearance', themeSystem: 'Like the System', themeLight: 'Light', themeDark: 'Dark',
  actualSize: 'Actual Size', zoomIn: 'Zoom In', zoomOut: 'Zoom Out', fullScreen: 'Full Screen', developerTools: 'Developer Tools',
  run: '&Run', pause: 'Pause the Run …', cancel: 'Cancel the Run …',
  window: '&Window', minimize: 'Minimize', zoomWindow: 'Zoom', allToFront: 'Bring All to Front',
  help: '&Help', shortcuts: 'Keyboard Shortcuts', logs: 'Show Logs', about: 'About and Licenses', hide: 'Hide Whittle', hideOthers: 'Hide Others', showAll: 'Show All', services: 'Services',
  newsDone: 'The smaller model is ready.', newsFailed: 'A run stopped with an error.', newsInterrupted: 'A run was interrupted. It can go on.', newsPaused: 'A run is paused. It can go on.',
  newsBattery: 'The battery is low, so the run is paused. Plug in to go on.',
  quitAsk: 'A run is at work.', quitDetail: 'Finished layers are kept: a paused run goes on where it stopped.',
  keepWorking: 'Keep working in the background', pauseAndQuit: 'Pause and quit', goOn: 'Cancel',
  trayOpen: 'Open Whittle', trayWorking: 'Whittle is at work',
  openOutside: 'Open this page in your browser?', open: 'Open', dontOpen: 'Cancel',
  pickFolder: 'Choose a folder', pickText: 'Choose a text file', pickBundle: 'Choose a bundle of runs', pickModelFile: 'Choose a model file',
  textFiles: 'Text files', bundles: 'Bundles of runs', modelFiles: 'Models', allFiles: 'All files',
  cannotStart: 'Whittle cannot start',
  historyDamaged: 'Whittle\'s history is damaged.', historyNewer: 'A newer version of Whittle made this history.',
  historyDetail: 'An empty history can begin. The old one is kept as {aside}. Models and what runs wrote stay where they are.', historyFresh: 'Begin an empty history',
  pageReload: 'Reload', pageWait: 'Wait',
  pageFails: 'Whittle\'s window keeps failing.', pageFailsDetail: 'Runs go on without it. What went wrong is in the logs.',
  pageHangs: 'Whittle\'s window does not answer.', pageHangsDetail: 'It may be busy for a moment. Runs go on either way.',
  updateNews: 'A newer version of Whittle is there: {version}',
  updateNoFeed: 'it was built without an address to look for newer versions', updateFromSource: 'it runs from its source code',
  updatePortable: 'a portable copy is replaced by hand', updatePackage: 'the system\'s package manager updates it',
}
export type HostWords = Readonly<Record<keyof typeof english, string>>

const german: HostWords = {
  file: '&Datei', newRun: 'Neuer Lauf', openModel: 'Modell öffnen …', openRecent: 'Zuletzt geöffnet', clearRecent: 'Einträge löschen', export: 'Exportieren …', settings: 'Einstellungen …', quit: 'Whittle beenden', close: 'Fenster schließen',
  edit: '&Bearbeiten', undo: 'Rückgängig', redo: 'Wiederholen', cut: 'Ausschneiden', copy: 'Kopieren', paste: 'Einfügen', selectAll: 'Alles auswählen',
  view: '&Ansicht', history: 'Verlauf', compare: 'Vergleichen', theme: 'Erscheinungsbild', themeSystem: 'Wie das System', themeLight: 'Hell', themeDark: 'Dunkel',
  actualSize: 'Originalgröße', zoomIn: 'Vergrößern', zoomOut: 'Verkleinern', fullScreen: 'Vollbild', developerTools: 'Entwicklerwerkzeuge',
  run: '&Lauf', pause: 'Lauf anhalten …', cancel: 'Lauf abbrechen …',
  window: '&Fenster', minimize: 'Minimieren', zoomWindow: 'Zoomen', allToFront: 'Alle nach vorne bringen',
  help: '&Hilfe', shortcuts: 'Tastenkürzel', logs: 'Protokolle anzeigen', about: 'Über Whittle und Lizenzen', hide: 'Whittle ausblenden', hideOthers: 'Andere ausblenden', showAll: 'Alle einblenden', services: 'Dienste',
  newsDone: 'Das kleinere Modell ist fertig.', newsFailed: 'Ein Lauf ist mit einem Fehler stehen geblieben.', newsInterrupted: 'Ein Lauf wurde unterbrochen. Er lässt sich fortsetzen.', newsPaused: 'Ein Lauf ist angehalten. Er lässt sich fortsetzen.',
  newsBattery: 'Der Akku ist fast leer, darum ist der Lauf angehalten. Schließen Sie das Netzteil an, um ihn fortzusetzen.',
  quitAsk: 'Ein Lauf ist noch bei der Arbeit.', quitDetail: 'Fertige Schichten bleiben erhalten: Ein angehaltener Lauf geht dort weiter, wo er aufgehört hat.',
  keepWorking: 'Im Hintergrund weiterarbeiten', pauseAndQuit: 'Anhalten und beenden', goOn: 'Abbrechen',
  trayOpen: 'Whittle öffnen', trayWorking: 'Whittle arbeitet',
  openOutside: 'Diese Seite in Ihrem Browser öffnen?', open: 'Öffnen', dontOpen: 'Abbrechen',
  pickFolder: 'Ordner wählen', pickText: 'Textdatei wählen', pickBundle: 'Paket mit Läufen wählen', pickModelFile: 'Modelldatei wählen',
  textFiles: 'Textdateien', bundles: 'Pakete mit Läufen', modelFiles: 'Modelle', allFiles: 'Alle Dateien',
  cannotStart: 'Whittle kann nicht starten',
  historyDamaged: 'Der Verlauf von Whittle ist beschädigt.', historyNewer: 'Eine neuere Version von Whittle hat diesen Verlauf angelegt.',
  historyDetail: 'Ein leerer Verlauf kann beginnen. Der alte bleibt erhalten als {aside}. Modelle und was Läufe geschrieben haben, bleiben, wo sie sind.', historyFresh: 'Leeren Verlauf beginnen',
  pageReload: 'Neu laden', pageWait: 'Warten',
  pageFails: 'Das Fenster von Whittle stürzt immer wieder ab.', pageFailsDetail: 'Läufe gehen ohne das Fenster weiter. Was schiefging, steht in den Protokollen.',
  pageHangs: 'Das Fenster von Whittle antwortet nicht.', pageHangsDetail: 'Vielleicht ist es nur kurz beschäftigt. Läufe gehen in jedem Fall weiter.',
  updateNews: 'Eine neuere Version von Whittle ist da: {version}',
  updateNoFeed: 'sie wurde ohne eine Adresse für neuere Versionen gebaut', updateFromSource: 'sie läuft aus ihrem Quelltext',
  updatePortable: 'eine portable Kopie wird von Hand ersetzt', updatePackage: 'die Paketverwaltung des Systems aktualisiert sie',
}

const WORDS: Readonly<Record<Language, HostWords>> = { en: english, de: german }

/** The words in the language chosen, else in the first of the system's languages that Whittle speaks, else in English. */
export function wordsFor(chosen: Language | null, systemLanguages: readonly string[]): HostWords {
  const own = systemLanguages.map((tag) => tag.split('-', 1)[0]?.toLowerCase())
  return WORDS[chosen ?? LANGUAGES.find((language) => language === own.find((tag) => LANGUAGES.some((each) => each === tag))) ?? 'en']
}
