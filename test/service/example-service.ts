import { cpSync, existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { forkEngine } from '../../src-main/hosts/engine-process.ts'
import { openWorkplace, SOURCE_ROOT, type Workplace } from '../../src-main/hosts/workplace.ts'
import { openPlanning, type Planning } from '../../src-main/pipeline/planning-threads.ts'
import type { HostAbilities } from '../../src-main/service/dependencies.ts'
import { choosePath } from '../../src-main/service/reach.ts'
import { temporaryFolder } from '../store/example.ts'

export const DEMO_MODEL = fileURLToPath(new URL('../../resources/demo-model/', import.meta.url))
export const FAKE_ENGINE = fileURLToPath(new URL('../jobs/fake-engine.ts', import.meta.url))

export const bareHost: HostAbilities = { kind: 'web', missing: [], pickFolder: null, reveal: null }

/** A service over a store of its own and the fake engine. The user has chosen the folder that tests write in. */
export function exampleWorkplace(host: HostAbilities = bareHost, work = temporaryFolder()): Workplace {
  const workplace = openWorkplace({ host, spawn: () => forkEngine(FAKE_ENGINE), root: SOURCE_ROOT, work })
  choosePath(workplace.dependencies, tmpdir())
  onTestFinished(() => workplace.close())
  return workplace
}

/** Answers what is asked without a run, in threads that end with the test. */
export function examplePlanning(): Planning {
  const threads = openPlanning()
  onTestFinished(() => threads.close())
  return threads.open()
}

/** A copy of the demo model, to be damaged. */
export function demoModelCopy(): string {
  if (!existsSync(DEMO_MODEL)) throw new Error('resources/demo-model is part of the repository')
  const folder = temporaryFolder()
  cpSync(DEMO_MODEL, folder, { recursive: true })
  return folder
}
