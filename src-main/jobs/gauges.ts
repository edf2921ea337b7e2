import { statfs } from 'node:fs/promises'
import { cpus, freemem, totalmem } from 'node:os'
import { dirname } from 'node:path'
import type { Gauges } from '../contract/machine.ts'
import type { Memory } from './execute.ts'

/** Asks a graphics card how it is; null where the host cannot. */
export type SampleCard = () => Promise<Gauges['card']>

/** Looks at the machine. */
export interface GaugeSampler {
  /** @param at seconds of the run's work @param memory the engine's last word on itself */
  sample(at: number, memory: Memory): Promise<Gauges>
}

/** @param path what is written; its volume is looked at */
export function createGaugeSampler(
  path: () => string,
  sampleCard: SampleCard | null,
  now: () => number = () => performance.now(),
): GaugeSampler {
  let processor = processorTimes()
  let written: { at: number; bytes: number } | null = null
  let share = 0
  return {
    async sample(at, memory) {
      const times = processorTimes()
      if (times.all > processor.all) share = (times.busy - processor.busy) / (times.all - processor.all)
      processor = times
      const writtenPerSecond = rateOf(written, memory.writtenBytes, now())
      written = memory.writtenBytes === null ? null : { at: now(), bytes: memory.writtenBytes }
      return {
        at,
        engineBytes: memory.memoryBytes,
        freeMemoryBytes: freemem(),
        memoryBytes: totalmem(),
        processor: Math.min(1, Math.max(0, share)),
        freeDiskBytes: await freeBytesAt(path()),
        writtenPerSecond,
        card: sampleCard === null ? null : await sampleCard(),
      }
    },
  }
}

/** A new engine counts from nothing: then there is no rate yet. */
function rateOf(before: { at: number; bytes: number } | null, bytes: number | null, at: number): number | null {
  if (before === null || bytes === null || bytes < before.bytes || at <= before.at) return bytes === null ? null : 0
  return ((bytes - before.bytes) * 1000) / (at - before.at)
}

/** Milliseconds of all cores since the system started. */
function processorTimes(): { busy: number; all: number } {
  const times = cpus().map(({ times: core }) => core)
  const all = times.reduce((sum, { user, nice, sys, idle, irq }) => sum + user + nice + sys + idle + irq, 0)
  return { busy: all - times.reduce((sum, { idle }) => sum + idle, 0), all }
}

/** Free on the volume that holds a path, or will: folders that are not there yet lie on that of the ones above. */
async function freeBytesAt(path: string): Promise<number> {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    const volume = await statfs(folder).catch(() => null) // not there yet, or gone with its disk
    if (volume !== null) return volume.bavail * volume.bsize
    if (dirname(folder) === folder) return 0
  }
}
