import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import type { ErrorShape } from '../../src-main/contract/error-shape.ts'
import type { GraphicsCard, MachineInfo } from '../../src-main/contract/machine.ts'
import { useApi } from '../api/api.ts'
import { toFailure } from '../api/failure.ts'
import { useSettings } from './settings.ts'

/** A place a finished model can live in: a card, or the computer's own memory. Bytes. */
export interface MemoryPlace {
  readonly kind: 'card' | 'computer'
  readonly name: string
  readonly totalBytes: number
  readonly freeBytes: number
  /** What a budget may be given of it, so that enough stays free. */
  readonly budgetBytes: number
}

/** Part of the computer's memory a model may take where there is no card. */
const SHARE_OF_MEMORY = 0.6

/**
 * What a budget may be given of a card so that `reserve` of what is free now stays free. The budget itself keeps an eighth of what it is
 * given, at least 512 MiB and at most 2 GiB; that part is not taken off twice.
 */
export function cardBudgetBytes(freeBytes: number, reserveBytes: number): number {
  const usable = Math.max(0, freeBytes - reserveBytes)
  return Math.floor(Math.min(freeBytes, usable + Math.min(2 ** 31, Math.max(2 ** 29, usable / 7))))
}

/** The places of a machine, the largest card first and the computer's memory last. */
export function memoryPlaces(machine: MachineInfo, reserveBytes: number): MemoryPlace[] {
  const cards = machine.cards.flatMap((card) => placeOf(card, reserveBytes) ?? [])
  return [
    ...cards.sort((a, b) => b.budgetBytes - a.budgetBytes),
    {
      kind: 'computer',
      name: machine.processor,
      totalBytes: machine.memoryBytes,
      freeBytes: machine.freeMemoryBytes,
      budgetBytes: Math.floor(machine.memoryBytes * SHARE_OF_MEMORY),
    },
  ]
}

/** Free memory that nobody measured is taken to be all there is. */
function placeOf({ name, totalBytes, freeBytes }: GraphicsCard, reserveBytes: number): MemoryPlace | null {
  if (totalBytes === null) return null
  const free = freeBytes ?? totalBytes
  return { kind: 'card', name, totalBytes, freeBytes: free, budgetBytes: cardBudgetBytes(free, reserveBytes) }
}

/** What this computer has to give to a finished model. */
export const useResources = defineStore('resources', () => {
  const api = useApi()
  const settings = useSettings()
  const machine = shallowRef<MachineInfo | null>(null)
  const failure = ref<ErrorShape | null>(null)
  const places = computed(() => (machine.value ? memoryPlaces(machine.value, settings.all.vramReserveBytes) : []))

  /** Reads it again: what is free changes from minute to minute. */
  async function load(): Promise<void> {
    try {
      machine.value = await api.call('machine.info', {})
      failure.value = null
    } catch (error) {
      failure.value = toFailure(error)
    }
  }

  return { machine, places, failure, load }
})
