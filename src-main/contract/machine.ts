import * as z from 'zod'

/** A graphics card. Memory in bytes; null where the system does not tell. */
export const GraphicsCard = z.object({ name: z.string(), totalBytes: z.int().nullable(), freeBytes: z.int().nullable() })
export type GraphicsCard = z.infer<typeof GraphicsCard>

/** What this computer is made of, as far as it tells without a driver of ours. */
export const MachineInfo = z.object({
  processor: z.string(),
  cores: z.int(),
  memoryBytes: z.int(),
  freeMemoryBytes: z.int(),
  cards: z.array(GraphicsCard),
  /** Whether a notebook runs on its battery now; null without one. */
  onBattery: z.boolean().nullable(),
})
export type MachineInfo = z.infer<typeof MachineInfo>

/** The machine's state while a run works, taken at most once a second. Bytes, or shares 0..1. */
export const Gauges = z.object({
  /** Seconds of work of this run. */
  at: z.number(),
  /** The engine's own memory, what is free, what there is. */
  engineBytes: z.int(),
  freeMemoryBytes: z.int(),
  memoryBytes: z.int(),
  /** Share of all cores at work, all programs together. */
  processor: z.number(),
  /** Free on the volume written to, and bytes written to it a second by the engine; null where the system does not tell. */
  freeDiskBytes: z.int(),
  writtenPerSecond: z.number().nullable(),
  card: z.object({ usedBytes: z.int(), totalBytes: z.int(), busy: z.number().nullable(), celsius: z.number().nullable() }).nullable(),
})
export type Gauges = z.infer<typeof Gauges>
