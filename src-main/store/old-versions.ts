/** A plan as an older version kept it, with what has been added since; what it is beyond that, the schema judges. */
export function upgradePlan(kept: unknown): unknown {
  if (!isRecord(kept)) return kept
  const { notes = [], cells } = kept
  return {
    model: null,
    format: 'gguf',
    rounding: null,
    form: null,
    decisions: [],
    solver: null,
    ...kept,
    notes: Array.isArray(notes) ? notes.map(noteOf) : notes,
    cells: Array.isArray(cells) ? cells.map(cellOf) : cells,
  }
}

function cellOf(cell: unknown): unknown {
  return isRecord(cell) ? { expert: null, rank: null, ...cell, note: noteOf(cell['note']) } : cell
}

/** Notes were sentences. */
function noteOf(note: unknown): unknown {
  return typeof note === 'string' ? { note: 'said', text: note } : note
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A report as an older version kept it: why an outside engine was not asked was a sentence. */
export function upgradeReport(kept: unknown): unknown {
  if (!isRecord(kept) || typeof kept['verificationMissing'] !== 'string') return kept
  return { ...kept, verificationMissing: { said: kept['verificationMissing'] } }
}
