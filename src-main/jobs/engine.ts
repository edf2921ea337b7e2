/**
 * Entry of the engine process: the only process that loads ONNX Runtime. It is started by a host, does one job, and ends when
 * its parent lets go of it or dies.
 */
import { openEnginePort } from './engine-port.ts'
import { serveEngine } from './serve-engine.ts'

// Ctrl-C in a terminal reaches the whole process group; the parent decides what it means and sends 'abort'.
process.on('SIGINT', () => {})

serveEngine(openEnginePort(), {
  async *runJob(job, signal, gate) {
    const { runJob } = await import('../pipeline/run-job.ts')
    yield* runJob(job, signal, gate)
  },
  async probeDevices() {
    const { probeDevices } = await import('../compute/probe.ts')
    return probeDevices()
  },
})
