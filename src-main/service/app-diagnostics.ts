import { readFile } from 'node:fs/promises'
import { homedir, hostname, release, type, userInfo } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { toErrorShape } from '../contract/errors.ts'
import { toldText } from '../contract/reasons.ts'
import { isResourceName } from '../contract/resource-name.ts'
import type { RunSummary } from '../contract/run.ts'
import { listRecentModels } from '../store/recent-models.ts'
import { lastFailures, listRuns } from '../store/runs.ts'
import { appInfo } from './app-info.ts'
import type { ServiceDependencies } from './dependencies.ts'
import { deviceList } from './device-list.ts'
import { packageVersion } from './missing-parts.ts'
import { withoutPrivate, type Private } from './private-text.ts'

const LOG_LINES = 200
const FAILURES = 3

/** app.diagnostics: what somebody who mends a bug needs to know, without anything of the user's. */
export async function appDiagnostics(dependencies: ServiceDependencies): Promise<{ text: string }> {
  const runs = listRuns(dependencies.store)
  const log = await lastLines(join(dependencies.store.folders.logs, 'whittle.log'))
  const parts = [
    ['Program', await programLines(dependencies)],
    ['Machine', await machineLines(dependencies)],
    ['Devices', await deviceLines(dependencies)],
    ['Settings', settingsLines(dependencies)],
    ['Runs', runLines(dependencies, runs)],
    [`Log, last ${log.length} lines`, log],
  ] as const
  const text = parts.map(([title, lines]) => `## ${title}\n${lines.length === 0 ? 'none' : lines.join('\n')}\n`).join('\n')
  return { text: withoutPrivate(text, knownOf(dependencies, runs)) }
}

async function programLines(dependencies: ServiceDependencies): Promise<string[]> {
  const { version, host, platform, kernels, missing, portable } = await appInfo(dependencies)
  const { node, electron } = process.versions
  return [
    `whittle ${version} (${host}${portable ? ', portable' : ''})`,
    `platform: ${platform}, ${type()} ${release()}`,
    `node ${node}${electron === undefined ? '' : `, electron ${electron}`}`,
    `onnxruntime ${packageVersion('onnxruntime-node') ?? 'missing'}`,
    `llama engine ${packageVersion('node-llama-cpp') ?? 'missing'}`,
    `kernels: ${kernels}`,
    `missing parts: ${missing.map((part) => part.id).join(', ') || 'none'}`,
  ]
}

async function machineLines({ machineFacts }: ServiceDependencies): Promise<string[]> {
  const { processor, cores, memoryBytes, freeMemoryBytes, cards, onBattery } = await machineFacts()
  return [
    `processor: ${processor}, ${cores} cores`,
    `memory: ${memoryBytes} bytes, ${freeMemoryBytes} free`,
    `on battery: ${onBattery ?? 'no battery'}`,
    ...cards.map((card) => `card: ${card.name}, ${card.totalBytes ?? 'unknown'} bytes, ${card.freeBytes ?? 'unknown'} free`),
  ]
}

async function deviceLines(dependencies: ServiceDependencies): Promise<string[]> {
  try {
    const devices = await deviceList(dependencies)
    return devices.map(
      ({ device, available, detail, gflops }) =>
        `${device}: ${available ? 'available' : 'not available'}, ${toldText(detail)}${gflops === null ? '' : `, ${gflops.toFixed(1)} GFLOP/s`}`,
    )
  } catch (error) {
    return [`could not be asked: ${toErrorShape(error).code}`]
  }
}

/** Folders are only said to be set. */
function settingsLines({ settings }: ServiceDependencies): string[] {
  return Object.entries(settings.read()).map(([name, value]) => {
    if (name === 'modelFolders') return `${name}: ${Array.isArray(value) ? value.length : 0} folders`
    return `${name}: ${name.endsWith('Folder') && value !== null ? 'set' : JSON.stringify(value)}`
  })
}

function runLines({ store }: ServiceDependencies, runs: readonly RunSummary[]): string[] {
  const counts = new Map<string, number>()
  for (const { state, importedAt } of runs) {
    const key = importedAt === null ? state : 'imported'
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  return [
    ...[...counts].map(([state, count]) => `${state}: ${count}`),
    ...lastFailures(store, FAILURES).map(({ code, stage, at }) => `failed at ${stage}: ${code} (${at})`),
  ]
}

async function lastLines(path: string): Promise<string[]> {
  const text = await readFile(path, 'utf8').catch(() => '') // nothing was ever logged
  return text
    .split('\n')
    .filter((line) => line !== '')
    .slice(-LOG_LINES)
}

function knownOf({ store, settings, resources }: ServiceDependencies, runs: readonly RunSummary[]): Private {
  const { modelFolders, outputFolder, calibrationFolder } = settings.read()
  const recent = listRecentModels(store, resources)
  const paths = [...recent.map((model) => model.path), ...runs.flatMap((run) => [run.modelPath, run.outPath])]
    .filter((path) => path !== null)
    .filter((path) => !isResourceName(path))
  const folders = [
    homedir(),
    store.folders.root,
    ...modelFolders,
    outputFolder,
    calibrationFolder,
    ...paths,
    ...paths.map((path) => dirname(path)),
  ]
  return {
    program: dirname(resources),
    user: userInfo().username,
    host: hostname(),
    folders: folders.filter((folder) => folder !== null),
    names: [
      ...new Set([...recent.map((model) => model.name), ...runs.map((run) => run.modelName), ...paths.map((path) => basename(path))]),
    ].filter((name) => name.length > 3),
  }
}
