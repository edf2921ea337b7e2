import * as z from 'zod'

const note = <N extends string, S extends z.ZodRawShape>(name: N, facts: S) => z.object({ note: z.literal(name), ...facts })

/** What people should know of a plan, or of one of its cells: a code with its facts. Shares are 0..1, layers and experts counts. */
export const PlanNote = z.discriminatedUnion('note', [
  /** A cell: norms and routers. */
  note('kept-in-f32', {}),
  /** A cell: rows that are not whole blocks of the type wanted. */
  note('rows-not-whole', { columns: z.int(), type: z.string() }),
  note('limit-leaves-all', {}),
  note('feedback-loses-less', {}),
  note('types-by-layer', {}),
  note('top-widths-dropped', { layers: z.int(), widths: z.array(z.int()) }),
  note('one-budget', {}),
  note('solver-stopped', { gap: z.number() }),
  note('experts-unseen', { experts: z.int() }),
  note('inputs-unfactored', { matrices: z.int() }),
  note('tokens-skip', { share: z.number(), protectedShare: z.number() }),
  note('mobe-sizes', { factorsDown: z.boolean(), sizes: z.array(z.object({ bases: z.int(), rank: z.int() })) }),
  note('mobe-down', { forced: z.boolean() }),
  note('mobe-ranks', {}),
  note('rfid-reconstructed', {}),
  note('rfid-ranks', {
    allocation: z.enum(['greedy', 'proportional']),
    plain: z.int(),
    projections: z.int(),
    residual: z.string(),
    residualBits: z.int(),
    withResidual: z.int(),
  }),
  note('d2-base', {}),
  note('moe-svd-reconstructed', {}),
  note('moe-svd-layers', { factored: z.int(), layers: z.int(), rank: z.int() }),
  /** A sentence of an older plan, which knew no codes. */
  note('said', { text: z.string() }),
])
export type PlanNote = z.infer<typeof PlanNote>

/** A sentence for each note, in one language. */
export type NoteWords = { readonly [N in PlanNote['note']]: (note: Extract<PlanNote, { note: N }>) => string }

const percent = (share: number): string => `${Number((100 * share).toPrecision(3))} %`

/** English, for terminals, for what is written beside a model, and for the English page. */
export const ENGLISH_NOTES: NoteWords = {
  'kept-in-f32': () => 'norms and routers stay F32',
  'rows-not-whole': ({ columns, type }) => `rows of ${columns} weights are not whole ${type} blocks`,
  'limit-leaves-all': () => 'The limit leaves every matrix as it is.',
  'feedback-loses-less': () => 'The loss is predicted for rounding to nearest; with error feedback less is expected.',
  'types-by-layer': () => 'Types are chosen per layer and projection, which is what GGUF can hold; the paper chooses per expert.',
  'top-widths-dropped': ({ layers, widths }) =>
    `In ${layers} layers the budget is too small for an expert at each of the two largest widths of ${widths.join(', ')}; the paper asks for one.`,
  'one-budget': () => 'All layers share one budget, each weighed by the inverse power of its residual stream: this is not in the paper.',
  'solver-stopped': ({ gap }) => `The solver ran out of time; the allocation is within ${(100 * gap).toPrecision(2)} % of the best.`,
  'experts-unseen': ({ experts }) =>
    `No token of the calibration text was routed to ${experts} experts; their error is estimated from their weights.`,
  'inputs-unfactored': ({ matrices }) =>
    `${matrices} matrices are rounded to the nearest, because the second moments of their inputs could not be factored.`,
  'tokens-skip': ({ share, protectedShare }) =>
    `Tokens skip ${percent(share)} of their chosen experts, except the ${percent(protectedShare)} most important ones; for more than two experts a token the rule is our reconstruction.`,
  'mobe-sizes': ({ factorsDown, sizes }) =>
    `${factorsDown ? 'Down matrices are factored as well' : 'Down matrices stay as they are'}; the first layer has ${sizes.map(({ bases, rank }) => `${bases} bases of rank ${rank}`).join(' and ')}.`,
  'mobe-down': ({ forced }) =>
    `Factoring down matrices is our extension of MoBE, which keeps them${forced ? '; the limit leaves gate and up alone too little rank' : ''}.`,
  'mobe-ranks': () => "The limit asks for ranks below the experts' width, which is what was published.",
  'rfid-reconstructed': () =>
    'The public abstract of RFID-MoE gives no formulas: importance, groups, ranks and the sparse projection are a reconstruction.',
  'rfid-ranks': ({ allocation, plain, projections, residual, residualBits, withResidual }) =>
    `Ranks ${allocation === 'greedy' ? 'by error drop per byte' : 'in proportion to importance'}; ${plain} of ${projections} projections stay as they are; ` +
    `a residual (${residual}, ${residualBits} bits${residualBits === 8 ? ', each counted as half a parameter' : ''}) is kept in ${withResidual}.`,
  'd2-base': () =>
    'The shared base is the frequency-weighted mean of the experts: the gradient-free form of D2-MoE, which weighs by Fisher information.',
  'moe-svd-reconstructed': () =>
    'MoE-SVD has no public code: sensitivity thresholds, the fit of the left factors and their reuse are a reconstruction from its description.',
  'moe-svd-layers': ({ factored, layers, rank }) => `${factored} of ${layers} layers are factored, at rank ${rank}.`,
  said: ({ text }) => text,
}

/** A note in the words of a language. */
export function noteText<N extends PlanNote['note']>(note: Extract<PlanNote, { note: N }>, words: NoteWords = ENGLISH_NOTES): string {
  return words[note.note as N](note)
}
