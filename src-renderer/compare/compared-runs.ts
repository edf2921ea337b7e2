import { defineStore } from 'pinia'
import { computed, ref, shallowRef, watch } from 'vue'
import * as z from 'zod'
import type { RunMaps } from '../../src-main/contract/bundle.ts'
import type { MemoryUse } from '../../src-main/contract/curve.ts'
import type { ErrorShape } from '../../src-main/contract/error-shape.ts'
import type { RunDetail } from '../../src-main/contract/run.ts'
import { useApi } from '../api/api.ts'
import { toFailure } from '../api/failure.ts'
import { COSTS, WORTHS } from './axes.ts'
import { entriesOf } from './entries.ts'
import { LAYER_MEASURES } from './layer-lines.ts'
import { MAP_KINDS } from './map-values.ts'

const KEY = 'whittle.compare'

/** How somebody likes to look at runs: outlives the visit. */
const View = z.object({
  runs: z.array(z.string()).catch([]),
  cost: z.enum(COSTS).catch('size'),
  worth: z.enum(WORTHS).catch('divergence'),
  log: z.boolean().catch(false),
  judged: z.string().nullable().catch(null),
  allSettings: z.boolean().catch(false),
  map: z.enum(MAP_KINDS).catch('usage'),
  layers: z.enum(LAYER_MEASURES).catch('bytes'),
})
type View = z.infer<typeof View>

function keptView(): View {
  try {
    return View.parse(JSON.parse(localStorage.getItem(KEY) ?? '{}'))
  } catch (error) {
    // Not of this version, or not ours: begin afresh.
    console.warn('The kept view of the comparison could not be read', error)
    return View.parse({})
  }
}

interface Loaded {
  readonly detail: RunDetail
  readonly memory: readonly MemoryUse[]
}

/** Runs with more marks than this can't be told apart. */
export const MOST_COMPARED = 12

/** The runs compared, and how they are looked at. */
export const useCompare = defineStore('compare', () => {
  const api = useApi()
  const view = ref<View>(keptView())
  const loaded = shallowRef<ReadonlyMap<string, Loaded>>(new Map())
  const maps = shallowRef<ReadonlyMap<string, RunMaps>>(new Map())
  const failure = ref<ErrorShape | null>(null)
  const loading = ref(false)
  const entries = computed(() => entriesOf(view.value.runs.flatMap((id) => loaded.value.get(id) ?? [])))

  watch(view, () => localStorage.setItem(KEY, JSON.stringify(view.value)), { deep: true })

  /** Compares these runs; those not read yet are read. A run that is gone is left out, and said to be. */
  async function show(runIds: readonly string[]): Promise<void> {
    const wanted = [...new Set(runIds)].slice(0, MOST_COMPARED)
    view.value = { ...view.value, runs: wanted }
    loading.value = true
    failure.value = null
    const known = new Map([...loaded.value].filter(([id]) => wanted.includes(id)))
    const gone: string[] = []
    await Promise.all(
      wanted
        .filter((id) => !known.has(id))
        .map(async (id) => {
          try {
            const [detail, memory] = await Promise.all([api.call('run.get', { runId: id }), api.call('run.memory', { runId: id })])
            known.set(id, { detail, memory })
          } catch (error) {
            failure.value = toFailure(error)
            if (failure.value.code === 'run-not-found') gone.push(id)
          }
        }),
    )
    loaded.value = known
    // What was deleted meanwhile is not asked for again.
    if (gone.length > 0) view.value = { ...view.value, runs: wanted.filter((id) => !gone.includes(id)) }
    loading.value = false
  }

  /** Reads the numbers by expert of some runs, once. */
  async function readMaps(runIds: readonly string[]): Promise<void> {
    const missing = runIds.filter((id) => !maps.value.has(id))
    const read = await Promise.all(missing.map(async (runId) => [runId, await api.call('run.maps', { runId })] as const))
    if (read.length > 0) maps.value = new Map([...maps.value, ...read])
  }

  return { view, loaded, maps, failure, loading, entries, show, readMaps }
})
