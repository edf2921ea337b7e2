import { fakeTokens } from './fake-run-play.ts'
import type { FakeService } from './fake-service.ts'

/** Rounds told over and over: made beforehand, so that what is measured is the page and not this. */
const ROUNDS = 12

/** Tells the coverage of every layer of a run `times` a second, as fast calibration of a large model would: for measuring the page. */
export function storm(service: FakeService, runId: string, times: number): void {
  const model = service.runs.get(runId)?.model
  if (!model) return
  const tokensOf = (round: number, layer: number): number[] =>
    fakeTokens(layer, model.experts, 1 + 0.5 * Math.sin((round + layer) / 5)).map((each, expert) => each + ((round * (expert % 7)) % 1000))
  const rounds = Array.from({ length: ROUNDS }, (_, round) => Array.from({ length: model.layers }, (__, layer) => tokensOf(round, layer)))
  let told = 0
  setInterval(() => {
    for (const [layer, tokens] of rounds[told % ROUNDS]?.entries() ?? [])
      service.emit({ kind: 'coverage', runId, coverage: { layer, tokens } })
    told += 1
  }, 1000 / times)
}
