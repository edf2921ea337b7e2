import type { MethodWords } from '../methods.ts'

/** What methods are and what their settings do, in German. */
export const METHODS: MethodWords = {
  summaries: {
    'measured-bits':
      'Gibt jeder Matrix jeder Schicht so viele Bits, wie ihr gemessener Fehler verlangt, innerhalb eines bytegenauen Budgets.',
    mc: 'Gibt jedem Experten eigene Bits: mehr denen, die oft genutzt werden, viel zählen und am meisten leiden.',
    uniform: 'Speichert jede Matrix im selben Typ, dem größten, der passt. Eine Grundlinie zum Vergleichen.',
    gptq: 'Rundet Gewichte so, dass spätere die Fehler früherer ausgleichen; gleich viele Bits für alle Experten, oder für alle Matrizen eines Modells ohne.',
    rtn: 'Rundet jedes Gewicht auf den nächsten von wenigen Werten; gleich viele Bits für alle Experten, oder für alle Matrizen eines Modells ohne. Die einfachste Grundlinie.',
    mobe: 'Lernt je Schicht wenige Basismatrizen und schreibt die Gate- und Up-Matrix jedes Experten, und wo das nicht reicht auch die Down-Matrix, als deren Mischung.',
    'rfid-moe':
      'Lässt ähnliche Experten Faktoren teilen, gibt jeder Gruppe den Rang, den Nutzung und Vielfalt verlangen, und behält vom Rest einen dünnen Teil.',
    'd2-moe': 'Behält ein gemeinsames Mittel der Experten und für jeden eine kleine faktorisierte Abweichung.',
    'moe-svd':
      'Lässt alle Experten einer Projektion einen rechten und wenige linke Faktoren teilen, in den Schichten, die es am wenigsten stört.',
    'svd-llm': 'Kürzt jede Expertenmatrix dort, wo ihre eigenen Eingaben es am wenigsten merken; überall derselbe Rang.',
    svd: 'Kürzt jede Expertenmatrix auf ihre größten Singulärwerte, überall gleich viele. Eine Grundlinie zum Vergleichen.',
  },
  /** Only where they hold more than names. */
  papers: {
    'measured-bits': 'GEMQ (arXiv 2605.23078) und PMQ (arXiv 2410.06270), je gestapeltem Tensor',
    uniform: 'Runden zum Nächsten mit Wichtigkeitsgewichten, wie llama.cpp es tut',
    rtn: 'die Grundlinie der Veröffentlichungen zur Quantisierung',
    'rfid-moe': 'RFID-MoE (arXiv 2602.09316), nach seiner Zusammenfassung rekonstruiert',
    'd2-moe':
      'D2-MoE (arXiv 2502.17298) in seiner Form ohne Gradienten: Der gemeinsame Teil wiegt Experten nach Häufigkeit, nicht nach Fisher-Information',
    'moe-svd': 'MoE-SVD (ICML 2025), nach seiner Beschreibung rekonstruiert',
    'svd-llm': 'SVD-LLM (arXiv 2403.07378), je Experte, ohne die Nachbesserung durch Training',
  },
  settings: {
    types: { label: 'Typen', hint: 'Typen, in denen eine Matrix gespeichert werden darf' },
    'measured-bits.keepOriginal': { label: 'Original behalten', hint: 'Einen Tensor lassen, wie er ist, wo das Budget es erlaubt' },
    keepOriginal: { label: 'Original behalten', hint: 'Das Modell lassen, wie es ist, wo das Budget es erlaubt' },
    keepAttentionAtLeast: { label: 'Attention mindestens', hint: 'Kleinster Typ für die Attention-Matrizen' },
    rounding: {
      label: 'Rundung',
      hint: 'Jedes Gewicht auf den nächsten Wert runden, oder Spalte für Spalte, wobei der Fehler an spätere Spalten weitergeht (GPTQ): besser und mehrfach langsamer',
    },
    keepOutputAtLeast: { label: 'Ausgabe mindestens', hint: 'Kleinster Typ für Token-Einbettung und Ausgabematrix' },
    widths: { label: 'Breiten', hint: 'Bits, die ein Experte haben darf; keine genannt: das Budget entscheidet' },
    scope: {
      label: 'Geltung',
      hint: 'Jede Schicht hat dasselbe Mittel an Bits, wie in der Veröffentlichung, oder die Schichten teilen ein Budget',
    },
    groupSize: {
      label: 'Gruppengröße',
      hint: 'Eingabespalten mit gemeinsamer Skala; geht die Zahl in einer Matrix nicht auf, gilt die größte kleinere, die aufgeht',
    },
    attentionBits: { label: 'Bits der Attention', hint: 'Bits der Attention-Matrizen, oder sie lassen, wie sie sind' },
    attentionType: { label: 'Typ der Attention', hint: 'Typ der Attention-Matrizen' },
    embeddingType: { label: 'Typ der Einbettung', hint: 'Typ von Token-Einbettung und Ausgabematrix' },
    alpha: { label: 'Alpha', hint: 'Exponent dafür, wie oft ein Experte gewählt wird' },
    beta: { label: 'Beta', hint: 'Exponent des mittleren Gewichts, das der Router ihm gibt' },
    gamma: { label: 'Gamma', hint: 'Exponent des Fehlers, den er erleidet' },
    skipExperts: { label: 'Experten überspringen', hint: 'Anteil der gewählten Experten, den Token zur Laufzeit überspringen' },
    protectedShare: { label: 'Geschützter Anteil', hint: 'Anteil der wichtigsten Token, die keinen überspringen' },
    timeLimit: { label: 'Zeitgrenze', hint: 'Sekunden, die der Löser für ein Programm brauchen darf' },
    rankMultiple: { label: 'Vielfaches des Rangs', hint: 'Ränge sind ganze Vielfache davon' },
    solver: { label: 'Löser', hint: 'Wie Basen gelernt werden: fast, durch variable Projektion, oder Adam wie veröffentlicht' },
    bases: { label: 'Basen', hint: 'Basen je Projektion; auto: aus der Grenze' },
    rank: {
      label: 'Rang',
      hint: 'Zeilen einer Basis; auto: die Breite der Experten wie veröffentlicht, oder so viele, wie die Grenze erlaubt',
    },
    groups: { label: 'Gruppen', hint: 'Gruppen von Experten mit eigenen Basen; auto: höchstens 64 Basen in einer' },
    'rfid-moe.groups': {
      label: 'Gruppen',
      hint: 'Gruppen von Experten mit gemeinsamer Basis; auto: was die gemessenen Fehler verlangen, Projektion für Projektion',
    },
    activation: { label: 'Aktivierung', hint: 'Funktion der gemischten Basen' },
    steps: { label: 'Schritte', hint: 'Durchgänge über die Experten; auto: 100 für den schnellen Löser, 10 000 für Adam' },
    activationAware: { label: 'Eingaben beachten', hint: 'Fehler nach den Eingaben jedes Experten gewichten; aus: wie veröffentlicht' },
    down: {
      label: 'Down-Matrizen',
      hint: 'Down-Matrizen: keep behält sie wie veröffentlicht, factor faktorisiert auch sie (transponiert, das ist von uns), auto nur dort, wo die Grenze Gate und Up zu wenig Rang lässt',
    },
    lambda: { label: 'Lambda', hint: 'Wichtigkeit eines Experten: 1 nach seiner Nutzung, 0 nach seinem effektiven Rang' },
    eta: { label: 'Eta', hint: 'Wie stark Wichtigkeit Ränge verschiebt; 0: gar nicht' },
    allocation: {
      label: 'Verteilung',
      hint: 'Ränge dort, wo sie den Fehler je Byte am meisten senken, oder im Verhältnis zur Wichtigkeit',
    },
    residual: { label: 'Rest', hint: 'Was vom Rest bleibt: seine Projektion auf gewählte Spalten, auf zufällige Vorzeichen, oder nichts' },
    residualBits: { label: 'Bits des Rests', hint: 'Bits des behaltenen Rests; mit 8 kostet er die Hälfte und zählt als halber Parameter' },
    residualShare: {
      label: 'Anteil des Rests',
      hint: 'Anteil einer Projektion für den Rest; auto: wo er den Fehler je Byte am meisten senkt',
    },
    sweeps: { label: 'Durchgänge', hint: 'Runden abwechselnder kleinster Quadrate auf einer gemeinsamen Basis' },
    priorTokens: { label: 'Angenommene Token', hint: 'Token, die jeder Experte im Mittel der Experten zusätzlich gesehen haben soll' },
    leftFactors: { label: 'Linke Faktoren', hint: 'Linke Faktoren je Projektion; auto: ein Viertel der Experten' },
    leastRank: { label: 'Kleinster Rang', hint: 'Schichten kommen hinzu, bis dieser Anteil des vollen Rangs bleiben kann' },
  },
}
