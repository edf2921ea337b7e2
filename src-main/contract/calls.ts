import * as z from 'zod'
import { RunDetail, RunSummary } from './run.ts'
import { ModelSummary } from './model.ts'
import { BudgetBreakdown, FormatName, Recipe } from './recipe.ts'

/** One thing the machine lacks, what that costs, and what to do about it. `id` is a key for words. */
export const MissingPart = z.object({
  id: z.enum(['electron', 'cuda', 'native-kernels', 'llama-gpu', 'llama']), details: z.record(z.string(), z.unknown()),
})

/** One compute device as probed in a process of its own. */
export const DeviceProfile = z.object({
  device: z.enum(['cpu', 'webgpu', 'cuda', 'dml', 'coreml']),
  available: z.boolean(),
  /** Why not, or what it is. */
  detail: z.string(),
  /** Measured float32 matrix speed, GFLOP/s; null when not measured. */
  gflops: z.number().nullable(),
})
export type DeviceProfile = z.infer<typeof DeviceProfile>

/** A method as the wizard and the CLI list it; `parameters` is the JSON schema of its settings. */
export const MethodCard = z.object({
  id: z.string(), title: z.string(), summary: z.string(), family: z.string(), paper: z.string(),
  parameters: z.record(z.string(), z.unknown()),
  /** Formats it can write, its own default first. */
  formats: z.array(FormatName),
  /** What the `bits` of a budget average over. */
  bitsOver: z.enum(['file', 'experts']),
  /** Whether its budget may be a share of the expert parameters to remove. */
  removes: z.boolean(),
})
export type MethodCard = z.infer<typeof MethodCard>

/** An estimate of the time a method takes, from its arithmetic and the device's measured speed. */
export const MethodCost = z.object({
  /** Floating-point operations of the compress stage, multiply and add counted apart. */
  flops: z.number(),
  /** Measured float32 speed of the device, GFLOP/s; null when it could not be measured. */
  gflops: z.number().nullable(),
  /** Range to expect; null without a measured speed. */
  seconds: z.object({ low: z.number(), high: z.number() }).nullable(),
  /** Settings that would be faster, with their own estimate: what to offer when the time is too long. */
  faster: z.array(z.object({ parameters: z.record(z.string(), z.unknown()), flops: z.number(), seconds: z.object({ low: z.number(), high: z.number() }).nullable() })),
})
export type MethodCost = z.infer<typeof MethodCost>

export const AppInfo = z.object({
  version: z.string(), host: z.enum(['electron', 'web', 'cli']), platform: z.string(), dataFolder: z.string(),
  demoModelPath: z.string(), memoryBytes: z.int(), freeMemoryBytes: z.int(), freeDiskBytes: z.int(),
  kernels: z.enum(['native', 'reference']), missing: z.array(MissingPart), canPickFolder: z.boolean(), canReveal: z.boolean(),
})
export type AppInfo = z.infer<typeof AppInfo>

const nothing = z.object({})
const byRun = z.object({ runId: z.string() })

/**
 * Every call the two sides share: input and output by name. The service implements them, hosts carry them, the renderer's
 * typed proxy derives from them. Adding one = one line here and one file in service/.
 */
export const CALLS = {
  'app.info': { input: nothing, output: AppInfo },
  'device.list': { input: nothing, output: z.array(DeviceProfile) },
  'method.list': { input: nothing, output: z.array(MethodCard) },
  'model.open': { input: z.object({ path: z.string() }), output: ModelSummary },
  'model.recent': { input: nothing, output: z.array(z.object({ path: z.string(), name: z.string(), usedAt: z.string() })) },
  'budget.explain': { input: Recipe.pick({ modelPath: true, budget: true, method: true, format: true, parameters: true }), output: BudgetBreakdown },
  /** What a recipe's method would cost on its device, before anything is started. */
  'method.cost': { input: Recipe, output: MethodCost },
  /** Creates a run and starts calibrate + plan in the engine; answers at once, progress comes as events. */
  'run.prepare': { input: Recipe, output: RunSummary },
  /** Starts compress + report of a planned run. */
  'run.start': { input: byRun, output: RunSummary },
  /** Stops the engine within 5 seconds; finished layers are kept. */
  'run.cancel': { input: byRun, output: RunSummary },
  /** Goes on where an interrupted, cancelled or failed run stopped. */
  'run.resume': { input: byRun, output: RunSummary },
  'run.list': { input: nothing, output: z.array(RunSummary) },
  'run.get': { input: byRun, output: RunDetail },
  'run.delete': { input: z.object({ runId: z.string(), deleteFile: z.boolean() }), output: z.object({ freedBytes: z.int() }) },
  /** Native folder dialog; answers null when cancelled. Only where AppInfo.canPickFolder. */
  'host.pickFolder': { input: nothing, output: z.object({ path: z.string().nullable() }) },
  /** Shows a run's file in the system's file manager. Only where AppInfo.canReveal. */
  'host.reveal': { input: byRun, output: nothing },
} as const

export type CallName = keyof typeof CALLS
export type CallInput<N extends CallName> = z.input<(typeof CALLS)[N]['input']>
export type CallOutput<N extends CallName> = z.infer<(typeof CALLS)[N]['output']>

/** The whole API as one typed function: what the service is, and what the renderer's proxy looks like. */
export type Call = <N extends CallName>(name: N, input: CallInput<N>) => Promise<CallOutput<N>>
