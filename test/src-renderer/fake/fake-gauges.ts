import type { Gauges } from '../../../src-main/contract/machine.ts'

const GIB = 2 ** 30

/** The machine `at` seconds into a run: memory that grows a little with each layer, a busy processor, a disk that fills. */
export function fakeGauges(at: number): Gauges {
  const wave = (period: number): number => Math.sin((at / period) * 2 * Math.PI)
  return {
    at,
    engineBytes: Math.round((3.1 + 0.4 * wave(37) + at / 6000) * GIB),
    freeMemoryBytes: Math.round((17.2 - 0.8 * wave(37) - at / 6000) * GIB),
    memoryBytes: 32 * GIB,
    processor: 0.82 + 0.12 * wave(13),
    freeDiskBytes: Math.round(412e9 - at * 6.1e6),
    writtenPerSecond: Math.max(0, Math.round(48e6 * (0.6 + wave(21)))),
    card: {
      usedBytes: Math.round((5.6 + 0.9 * wave(29)) * GIB),
      totalBytes: 12 * GIB,
      busy: 0.55 + 0.4 * wave(17),
      celsius: 64 + Math.round(4 * wave(90)),
    },
  }
}

/** What a run keeps of its machine: a sample every five seconds. */
export function fakeGaugeHistory(seconds: number): Gauges[] {
  return Array.from({ length: Math.floor(seconds / 5) }, (_, index) => fakeGauges(index * 5))
}
