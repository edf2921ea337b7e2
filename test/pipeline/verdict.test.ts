import { expect, it } from 'vitest'
import type { Quality, Report, Verification } from '../../src-main/contract/report.ts'
import type { JobEvent } from '../../src-main/pipeline/job.ts'
import { tellVerdict } from '../../src-main/pipeline/judge-file.ts'

const quality: Quality = {
  tokens: 10,
  perplexity: { original: 5, shrunk: 6 },
  klDivergence: { mean: 0.1, standardError: 0.01, p99: 0.5 },
  topOneAgreement: 0.9,
  esap: 0.8,
}
const verification: Verification = {
  engine: 'llama.cpp v1',
  perplexity: 7.5,
  expected: 6,
  agrees: false,
  sample: { prompt: '', continuation: '' },
}

function told(found: Verification | null, missing: Report['verificationMissing']): JobEvent[] {
  const events: JobEvent[] = []
  tellVerdict({ quality, verification: found, verificationMissing: missing, peakMemoryBytes: 1 }, 'gguf', (event) => events.push(event))
  return events
}

it('llama.cpp disagrees: an error with both numbers', () => {
  expect(told(verification, null)).toEqual([
    { kind: 'log', level: 'error', line: { say: 'disagrees', engine: 'llama.cpp v1', perplexity: 7.5, expected: 6 } },
  ])
})

it('llama.cpp was not asked: a warning that says why', () => {
  expect(told(null, { reason: 'llama-without-binary', said: 'none' })).toEqual([
    { kind: 'log', level: 'warn', line: { say: 'not-verified', why: { reason: 'llama-without-binary', said: 'none' } } },
  ])
})

it('llama.cpp agrees: nothing to say', () => {
  expect(told({ ...verification, perplexity: 6.01, agrees: true }, null)).toEqual([])
})
