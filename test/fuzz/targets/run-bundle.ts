// Runs brought by somebody else, as text or as JSON: read, taken into a store, shown, sent on and deleted.
import { RunDetail } from '../../../src-main/contract/run.ts'
import { bundleExport } from '../../../src-main/service/bundle-export.ts'
import { bundleImport } from '../../../src-main/service/bundle-import.ts'
import { readBundle } from '../../../src-main/service/read-bundle.ts'
import { runMaps } from '../../../src-main/service/run-maps.ts'
import { deleteRun, listRuns, readRun } from '../../../src-main/store/runs.ts'
import { exampleBundle } from '../example-bundle.ts'
import { openIdleWorkplace } from '../idle-workplace.ts'
import { textOf } from '../input.ts'
import { mutateJson } from '../mutate-json.ts'
import { mustHold, type OpenTarget } from '../target.ts'

const WORDS = [
  'done',
  'failed',
  'running',
  'preparing',
  'paused',
  'report',
  'plan',
  'usage',
  'saliency',
  'summary',
  'detail',
  'importedAt',
  'id',
  '/home/user/x',
  'C:\\Users\\x\\y',
  `/home/${'a/'.repeat(2000)}`,
  '/'.repeat(3000),
  '\\'.repeat(3000),
  'a'.repeat(20000),
  `/a${' b'.repeat(3000)}.gguf`,
]

/** Fields that hold a place: only its last name may come from elsewhere. */
const PLACE = /"(?:model|out|corpus|heldOut)Path":"[^"]*[/\\]/

export const openTarget: OpenTarget = (folder) => {
  const { dependencies, close } = openIdleWorkplace(folder)
  const { store } = dependencies
  return {
    make: (chance) => ({ [chance.pick(['text', 'value'])]: mutateJson(chance, exampleBundle(), { words: WORDS }) }),
    async run(input) {
      let given: unknown = textOf(input, 'text')
      if (input['value'] !== undefined) {
        try {
          given = JSON.parse(textOf(input, 'value'))
        } catch {
          return // a page sends what it could read
        }
      }
      mustHold(!PLACE.test(JSON.stringify(readBundle(given))), 'a path of another machine')
      const { imported } = bundleImport(dependencies, { bundle: given })
      mustHold(listRuns(store).length >= imported.length, 'runs that are not there')
      for (const { id: runId } of imported) {
        RunDetail.parse(readRun(store, runId))
        await runMaps(dependencies, { runId })
        await bundleExport(dependencies, { runIds: [runId] })
        deleteRun(store, runId)
      }
    },
    close,
  }
}
