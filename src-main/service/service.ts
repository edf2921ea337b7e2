import type * as z from 'zod'
import { CALLS, type Call, type CallInput, type CallName, type CallOutput } from '../contract/calls.ts'
import { ExpectedError } from '../contract/errors.ts'
import type { RunEvent } from '../contract/events.ts'
import { issueFacts } from '../contract/issue-facts.ts'
import { openPlanning, type Planning } from '../pipeline/planning-threads.ts'
import { toStoreError } from '../store/database.ts'
import { listRecentModels } from '../store/recent-models.ts'
import { answerCancel } from './answer-cancel.ts'
import { answerStart } from './answer-start.ts'
import { appDiagnostics } from './app-diagnostics.ts'
import { appInfo } from './app-info.ts'
import { budgetCurve } from './budget-curve.ts'
import { budgetExplain } from './budget-explain.ts'
import { bundleExport } from './bundle-export.ts'
import { bundleImport } from './bundle-import.ts'
import { calibrationDelete } from './calibration-delete.ts'
import { calibrationList } from './calibration-list.ts'
import { checkCancel } from './check-cancel.ts'
import { checkRun } from './check-run.ts'
import type { ServiceDependencies } from './dependencies.ts'
import { deviceList } from './device-list.ts'
import { hostOpenFolder } from './host-open-folder.ts'
import { hostPickFile } from './host-pick-file.ts'
import { hostPickFolder } from './host-pick-folder.ts'
import { hostReveal } from './host-reveal.ts'
import { methodCost } from './method-cost.ts'
import { methodFit } from './method-fit.ts'
import { methodList } from './method-list.ts'
import { modelFind } from './model-find.ts'
import { modelOpen } from './model-open.ts'
import { pathChoose } from './path-choose.ts'
import { runAnnotate } from './run-annotate.ts'
import { runBegin } from './run-begin.ts'
import { runCancel } from './run-cancel.ts'
import { runDelete } from './run-delete.ts'
import { runExport } from './run-export.ts'
import { runGet } from './run-get.ts'
import { runList } from './run-list.ts'
import { runPause } from './run-pause.ts'
import { runMaps } from './run-maps.ts'
import { runMemory } from './run-memory.ts'
import { runPrepare } from './run-prepare.ts'
import { runPriority } from './run-priority.ts'
import { runResume } from './run-resume.ts'
import { runStart } from './run-start.ts'
import { settingsGet } from './settings-get.ts'
import { settingsSet } from './settings-set.ts'
import { textPreview } from './text-preview.ts'
import { updateCheck } from './update-check.ts'
import { updateInstall } from './update-install.ts'

/** Somebody who calls: a page, or the host itself. */
export interface Caller {
  readonly call: Call
  /** Nobody waits any more for what was asked. */
  leave(): void
}

/** The whole API: what every host carries to its user. */
export interface Service {
  /** The host's own calls. */
  readonly call: Call
  /** A caller whose slow questions delay no other's. */
  connect(): Caller
  /** A new listener first hears how far the run at work is. Returns the function that ends the subscription. */
  subscribe(listener: (event: RunEvent) => void): () => void
  /** Ends the threads that answer. */
  close(): void
}

/** A call's input as its schema leaves it, defaults filled in. */
type Parsed<N extends CallName> = z.output<(typeof CALLS)[N]['input']>
type Handlers = {
  readonly [N in CallName]: (
    dependencies: ServiceDependencies,
    input: Parsed<N>,
    planning: Planning,
  ) => CallOutput<N> | Promise<CallOutput<N>>
}

const HANDLERS: Handlers = {
  'app.info': appInfo,
  'device.list': deviceList,
  'method.list': methodList,
  'model.open': modelOpen,
  'model.recent': ({ store, resources }) => listRecentModels(store, resources),
  'budget.explain': budgetExplain,
  'method.cost': methodCost,
  'run.prepare': runPrepare,
  'run.start': runStart,
  'run.cancel': runCancel,
  'run.resume': runResume,
  'run.list': runList,
  'run.get': runGet,
  'run.delete': runDelete,
  'run.begin': runBegin,
  'run.pause': runPause,
  'run.priority': runPriority,
  'run.annotate': runAnnotate,
  'run.maps': runMaps,
  'run.memory': runMemory,
  'run.export': (dependencies, request) => runExport(dependencies, request),
  'answer.start': answerStart,
  'answer.cancel': answerCancel,
  'bundle.export': bundleExport,
  'bundle.import': bundleImport,
  'calibration.list': calibrationList,
  'calibration.delete': calibrationDelete,
  'check.run': checkRun,
  'check.cancel': checkCancel,
  'machine.info': ({ machineFacts }) => machineFacts(),
  'model.find': modelFind,
  'budget.curve': budgetCurve,
  'method.fit': methodFit,
  'text.preview': textPreview,
  'settings.get': settingsGet,
  'settings.set': settingsSet,
  'app.diagnostics': appDiagnostics,
  'update.check': updateCheck,
  'update.install': updateInstall,
  'path.choose': pathChoose,
  'host.pickFile': hostPickFile,
  'host.openFolder': hostOpenFolder,
  'host.pickFolder': hostPickFolder,
  'host.reveal': hostReveal,
}

/** The service over its dependencies. Inputs are checked here, whoever sends them: a wrong one is 'request-invalid'. */
export function createService(dependencies: ServiceDependencies): Service {
  const threads = openPlanning()
  const connect = (): Caller => {
    const planning = threads.open()
    return {
      async call(name, input) {
        try {
          return await HANDLERS[name](dependencies, parseInput(name, input), planning)
        } catch (error) {
          throw toStoreError(error, dependencies.store.folders.database)
        }
      },
      leave: () => planning.leave(),
    }
  }
  return { call: connect().call, connect, subscribe: (listener) => dependencies.runner.subscribe(listener), close: () => threads.close() }
}

function parseInput<N extends CallName>(name: N, input: CallInput<N>): Parsed<N> {
  const parsed = CALLS[name].input.safeParse(input)
  if (parsed.success) return parsed.data as Parsed<N> // the schema of this very call
  const problems = parsed.error.issues.map((issue) => ({ path: issue.path.join('.'), ...issueFacts(issue) }))
  throw new ExpectedError('request-invalid', { call: name, problems })
}
