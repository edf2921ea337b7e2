import * as z from 'zod'
import { Bundle, RunMaps } from './bundle.ts'
import { CheckReport } from './check.ts'
import { MemoryUse, MethodFit, QualityCurve, TextPreview } from './curve.ts'
import { ErrorShape } from './error-shape.ts'
import { ExportedFile, ExportOrder } from './export.ts'
import { MachineInfo } from './machine.ts'
import { ModelSummary } from './model.ts'
import { BudgetBreakdown, FormatName, PreTokenizerChoice, Recipe } from './recipe.ts'
import { RunAnnotation, RunDetail, RunSummary } from './run.ts'
import { Settings } from './settings.ts'

/** One thing the machine lacks, what that costs, and what to do about it. `id` is a key for words. */
export const MissingPart = z.object({
  id: z.enum(['electron', 'cuda', 'native-kernels', 'llama-gpu', 'llama']),
  details: z.record(z.string(), z.unknown()),
})

/** What a device is, or why it cannot be used: a reason with its facts, or what the system said. */
const DeviceFacts = z.union([
  z.object({ reason: z.literal('not-in-runtime'), runtime: z.string() }),
  z.object({ reason: z.literal('differs-from-processor'), difference: z.string() }),
  z.object({ reason: z.literal('runs-on-threads'), runtime: z.string(), threads: z.int() }),
  z.object({ reason: z.literal('passes-self-test'), runtime: z.string() }),
  z.object({ said: z.string() }),
])
export type DeviceFacts = z.infer<typeof DeviceFacts>

/** One compute device as probed in a process of its own. */
export const DeviceProfile = z.object({
  device: z.enum(['cpu', 'webgpu', 'cuda', 'dml', 'coreml']),
  available: z.boolean(),
  /** Why not, or what it is. */
  detail: DeviceFacts,
  /** Measured float32 matrix speed, GFLOP/s; null when not measured. */
  gflops: z.number().nullable(),
})
export type DeviceProfile = z.infer<typeof DeviceProfile>

/** A method as the wizard and the CLI list it; `parameters` is the JSON schema of its settings. */
export const MethodCard = z.object({
  id: z.string(),
  title: z.string(),
  summary: z.string(),
  family: z.string(),
  paper: z.string(),
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
  faster: z.array(
    z.object({
      parameters: z.record(z.string(), z.unknown()),
      flops: z.number(),
      seconds: z.object({ low: z.number(), high: z.number() }).nullable(),
    }),
  ),
})
export type MethodCost = z.infer<typeof MethodCost>

export const AppInfo = z.object({
  version: z.string(),
  host: z.enum(['electron', 'web', 'cli']),
  platform: z.string(),
  dataFolder: z.string(),
  demoModelPath: z.string(),
  memoryBytes: z.int(),
  freeMemoryBytes: z.int(),
  freeDiskBytes: z.int(),
  kernels: z.enum(['native', 'reference']),
  missing: z.array(MissingPart),
  canPickFolder: z.boolean(),
  canReveal: z.boolean(),
  /** Whether everything lies beside the program, so that it can be carried on a stick. */
  portable: z.boolean(),
})
export type AppInfo = z.infer<typeof AppInfo>

/** A model found in one of the folders looked in, from its config.json alone. `obstacle`: why it cannot be opened, null when it can. */
export const FoundModel = z.object({
  path: z.string(),
  name: z.string(),
  architecture: z.string().nullable(),
  bytes: z.int(),
  obstacle: ErrorShape.nullable(),
})
export type FoundModel = z.infer<typeof FoundModel>

/** A calibration kept for later runs. What an older version did not write down is null. */
export const KeptCalibration = z.object({
  fingerprint: z.string(),
  bytes: z.int(),
  createdAt: z.string(),
  usedAt: z.string().nullable(),
  modelName: z.string().nullable(),
  modelPath: z.string().nullable(),
  corpus: z.string().nullable(),
  tokens: z.int().nullable(),
  runs: z.int(),
  exists: z.boolean(),
})
export type KeptCalibration = z.infer<typeof KeptCalibration>

/** What is known of newer versions. */
export const UpdateState = z.object({
  state: z.enum(['off', 'unsupported', 'checking', 'current', 'available', 'downloading', 'ready', 'failed']),
  version: z.string().nullable(),
  notes: z.string().nullable(),
  reason: z.string().nullable(),
})
export type UpdateState = z.infer<typeof UpdateState>

/** What a prompt was continued with. Seconds a token took; `cut` when the limit of tokens or the user ended it. */
export const Answer = z.object({ text: z.string(), tokens: z.int(), secondsPerToken: z.number(), cut: z.boolean() })
export type Answer = z.infer<typeof Answer>

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
  'model.open': { input: z.object({ path: z.string(), preTokenizer: PreTokenizerChoice }), output: ModelSummary },
  'model.recent': { input: nothing, output: z.array(z.object({ path: z.string(), name: z.string(), usedAt: z.string() })) },
  'budget.explain': {
    input: Recipe.pick({ modelPath: true, preTokenizer: true, budget: true, method: true, format: true, parameters: true }),
    output: BudgetBreakdown,
  },
  /** What a recipe's method would cost on its device, before anything is started. */
  'method.cost': { input: Recipe, output: MethodCost },
  /** Creates a run and starts calibrate + plan in the engine; answers at once, progress comes as events. */
  'run.prepare': { input: Recipe, output: RunSummary },
  /** Starts compress + report of a planned run. */
  'run.start': { input: byRun, output: RunSummary },
  /** Like `run.prepare`, then on through `run.start` without a stop. `check`: what the check before it found, kept with the run. */
  'run.begin': { input: z.object({ recipe: Recipe, check: CheckReport.nullable().default(null) }), output: RunSummary },
  /**
   * Stops the work so that `run.resume` goes on with it: at once, or when the layer at work is written. Answers at once; the state follows
   * as an event.
   */
  'run.pause': { input: z.object({ runId: z.string(), when: z.enum(['now', 'layer']) }), output: RunSummary },
  /** Whether the run at work yields to other programs from now on. */
  'run.priority': { input: z.object({ runId: z.string(), low: z.boolean() }), output: nothing },
  /** Stops the engine within 5 seconds; finished layers are kept, or with `keep` false deleted. */
  'run.cancel': { input: z.object({ runId: z.string(), keep: z.boolean().default(true) }), output: RunSummary },
  /** Goes on where an interrupted, cancelled or failed run stopped. */
  'run.resume': { input: byRun, output: RunSummary },
  'run.list': { input: nothing, output: z.array(RunSummary) },
  'run.get': { input: byRun, output: RunDetail },
  'run.delete': { input: z.object({ runId: z.string(), deleteFile: z.boolean() }), output: z.object({ freedBytes: z.int() }) },
  'run.annotate': { input: RunAnnotation.extend({ runId: z.string() }), output: RunSummary },
  'run.maps': { input: byRun, output: RunMaps },
  /** Memory of a run's finished model at 4k, 16k and 32k tokens, as far as the model goes. */
  'run.memory': { input: byRun, output: z.array(MemoryUse) },
  'run.export': { input: ExportOrder, output: z.object({ files: z.array(ExportedFile) }) },
  /** Continues a prompt with the original and the shrunk model; the text comes as 'answer' events too. One at a time. */
  'answer.start': {
    input: z.object({ runId: z.string(), prompt: z.string().trim().min(1).max(4000), tokens: z.int().min(1).max(512).default(64) }),
    output: z.object({ original: Answer, shrunk: Answer }),
  },
  'answer.cancel': { input: byRun, output: nothing },
  /** Runs as one value to keep or send, without paths of this machine. */
  'bundle.export': { input: z.object({ runIds: z.array(z.string()).min(1).max(100) }), output: Bundle },
  /** Takes in another machine's runs. A run already here is left as it is. @throws ExpectedError 'bundle-invalid' */
  'bundle.import': { input: z.object({ bundle: z.unknown() }), output: z.object({ imported: z.array(RunSummary), known: z.int() }) },
  'calibration.list': { input: nothing, output: z.array(KeptCalibration) },
  'calibration.delete': { input: z.object({ fingerprint: z.string() }), output: z.object({ freedBytes: z.int() }) },
  /** The real first layer end to end and everything else worth knowing before hours of work. Findings come as 'check' events too. */
  'check.run': { input: z.object({ checkId: z.string().min(1).max(40), recipe: Recipe }), output: CheckReport },
  'check.cancel': { input: z.object({ checkId: z.string() }), output: nothing },
  'machine.info': { input: nothing, output: MachineInfo },
  /** Models in the folders of the settings, those opened before, and Hugging Face's own cache. Reads config files only. */
  'model.find': { input: nothing, output: z.array(FoundModel) },
  'budget.curve': { input: Recipe, output: QualityCurve },
  /** Every method of the registry: whether it can serve the recipe with its method and parameters put aside, and what it would give. */
  'method.fit': { input: Recipe, output: z.array(MethodFit) },
  'text.preview': { input: Recipe, output: TextPreview },
  'settings.get': { input: nothing, output: Settings },
  /** Changes some of the settings and answers all of them. */
  'settings.set': { input: Settings.partial(), output: Settings },
  /** A report for a bug, without paths, names of files or anything else of the user's. */
  'app.diagnostics': { input: nothing, output: z.object({ text: z.string() }) },
  /** Looks for a newer version if the settings allow, and says what is known. */
  'update.check': { input: nothing, output: UpdateState },
  /** Installs a fetched version at the next quit. Only while no run works. */
  'update.install': { input: nothing, output: UpdateState },
  /**
   * The user typed a path into a field or dropped it: only what was chosen in this session, what runs made here name, and Whittle's own
   * folders are read as texts, written to and exported to for a page. Dialogs choose by themselves.
   */
  'path.choose': { input: z.object({ path: z.string().min(1).max(4096) }), output: nothing },
  /** Native folder dialog; answers null when cancelled. Only where AppInfo.canPickFolder. */
  'host.pickFolder': { input: nothing, output: z.object({ path: z.string().nullable() }) },
  /** Native file dialog, like `host.pickFolder`. */
  'host.pickFile': { input: z.object({ purpose: z.enum(['text', 'bundle', 'model']) }), output: z.object({ path: z.string().nullable() }) },
  /** Shows one of Whittle's own folders in the system's file manager. Only where AppInfo.canReveal. */
  'host.openFolder': { input: z.object({ folder: z.enum(['data', 'logs', 'outputs']) }), output: nothing },
  /** Shows a run's file in the system's file manager. Only where AppInfo.canReveal. */
  'host.reveal': { input: byRun, output: nothing },
} as const

export type CallName = keyof typeof CALLS
export type CallInput<N extends CallName> = z.input<(typeof CALLS)[N]['input']>
export type CallOutput<N extends CallName> = z.infer<(typeof CALLS)[N]['output']>

/** The whole API as one typed function: what the service is, and what the renderer's proxy looks like. */
export type Call = <N extends CallName>(name: N, input: CallInput<N>) => Promise<CallOutput<N>>
