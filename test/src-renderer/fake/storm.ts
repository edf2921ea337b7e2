import type { FakeService } from './fake-service.ts'
import { fakeTokens } from './fake-run-play.ts'

/** Tells the coverage of every layer of a run `times` a second, as fast calibration of a large model would: for measuring the page. */
export function storm(service: FakeService, runId: string, times: number): void {
  const model = service.runs.get(runId)?.model
  if (!model) return
  let round = 0
  setInterval(() => {
    round += 1
    for (let layer = 0; layer < model.layers; layer += 1) {
      const tokens = fakeTokens(layer, model.experts, 1 + 0.5 * Math.sin((round + layer) / 5)).map((each, expert) => each + ((round * (expert % 7)) % 1000))
      service.emit({ kind: 'coverage', runId, coverage: { layer, tokens } })
    }
  }, 1000 / times)
}
