import * as z from 'zod'
import { RunDetail } from './run.ts'

/** Numbers of a run by layer and expert, (layers, experts), as far as they are still known. */
export const RunMaps = z.object({
  /** Tokens routed to each expert during calibration, and the share of them 0..1 of its layer. */
  usage: z.array(z.array(z.number())).nullable(),
  /** Mean norm of what each expert adds to the stream, weighted by its gate. */
  saliency: z.array(z.array(z.number())).nullable(),
})
export type RunMaps = z.infer<typeof RunMaps>

/** Limits of an imported bundle: more is refused before it is read. */
export const BUNDLE_LIMITS = { bytes: 64 * 2 ** 20, runs: 100 } as const

/** Runs as one file that another machine can import: everything but the models. Paths are reduced to names. */
export const Bundle = z.object({
  whittleBundle: z.literal(1),
  exportedAt: z.iso.datetime(),
  version: z.string(),
  runs: z
    .array(z.object({ detail: RunDetail, maps: RunMaps }))
    .min(1)
    .max(BUNDLE_LIMITS.runs),
})
export type Bundle = z.infer<typeof Bundle>
