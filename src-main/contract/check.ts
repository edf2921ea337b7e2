import * as z from 'zod'

/** What is looked at before a run starts. The words for each id live in the renderer and the CLI. */
export const CHECK_ITEMS = ['device', 'memory', 'vram', 'disk', 'output', 'text', 'trial', 'power', 'sleep'] as const

/** One thing looked at: fine, worth knowing, or in the way. `details` carries the facts the words need (bytes, paths, names). */
export const CheckItem = z.object({
  id: z.enum(CHECK_ITEMS),
  state: z.enum(['ok', 'warn', 'stop']),
  details: z.record(z.string(), z.unknown()),
})
export type CheckItem = z.infer<typeof CheckItem>

/** Steps of the trial: the first layer with experts goes the whole way. */
export const TRIAL_STEPS = ['read', 'calibrate', 'encode', 'write', 'readBack'] as const
export const TrialStep = z.object({ id: z.enum(TRIAL_STEPS), seconds: z.number(), bytes: z.int() })
export type TrialStep = z.infer<typeof TrialStep>

/** What a check before a run found, measured on this machine with the run's own model, method and device. */
export const CheckReport = z.object({
  items: z.array(CheckItem),
  /** The real first layer, end to end; null when it was not reached. `weights`: how many of the layer's went through. */
  trial: z
    .object({ layer: z.int(), device: z.string(), weights: z.int(), tokens: z.int(), steps: z.array(TrialStep), peakMemoryBytes: z.int() })
    .nullable(),
  /** Range the whole run should take from here; null without a trial. `reused`: without calibration, which an earlier run left. */
  seconds: z.object({ low: z.number(), high: z.number(), reusesCalibration: z.boolean() }).nullable(),
})
export type CheckReport = z.infer<typeof CheckReport>
