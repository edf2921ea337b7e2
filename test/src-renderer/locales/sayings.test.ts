import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { ENGLISH_LOG, LogLine } from '../../../src-main/contract/log-lines.ts'
import { METRICS, type MetricId } from '../../../src-main/contract/metrics.ts'
import { ENGLISH_NOTES, PlanNote } from '../../../src-main/contract/notes.ts'
import { metricLabel, sayMetric } from '../../../src-renderer/words/metrics.ts'
import { lineWords, noteWords, speak, whyWords } from '../../../src-renderer/words/sayings.ts'

const NOTES: readonly PlanNote[] = [
  { note: 'kept-in-f32' },
  { note: 'rows-not-whole', columns: 100, type: 'Q4_K' },
  { note: 'limit-leaves-all' },
  { note: 'feedback-loses-less' },
  { note: 'types-by-layer' },
  { note: 'top-widths-dropped', layers: 2, widths: [1, 2, 3] },
  { note: 'one-budget' },
  { note: 'solver-stopped', gap: 0.0004 },
  { note: 'experts-unseen', experts: 3 },
  { note: 'inputs-unfactored', matrices: 4 },
  { note: 'tokens-skip', share: 0.2, protectedShare: 0.125 },
  { note: 'mobe-sizes', factorsDown: true, sizes: [{ bases: 4, rank: 8 }] },
  { note: 'mobe-down', forced: true },
  { note: 'mobe-ranks' },
  { note: 'rfid-reconstructed' },
  { note: 'rfid-ranks', allocation: 'greedy', plain: 1, projections: 6, residual: 'signs', residualBits: 8, withResidual: 2 },
  { note: 'd2-base' },
  { note: 'moe-svd-reconstructed' },
  { note: 'moe-svd-layers', factored: 3, layers: 4, rank: 16 },
  { note: 'said', text: 'x' },
]
const why = { reason: 'template-slow', milliseconds: 2000 }
const LINES: readonly LogLine[] = [
  { say: 'opened', name: 'tiny', layers: 2, experts: 8, device: 'cpu', kernels: 'native' },
  { say: 'slow-kernels', why: { reason: 'kernels-do-not-load', said: 'x' } },
  { say: 'template-broken', why },
  { say: 'text-short', tokens: 100, wanted: 200 },
  { say: 'calibrated', tokens: 100, reused: true },
  { say: 'calibrated', tokens: 100, reused: false },
  { say: 'calibration-damaged', why: { path: '/c', reason: 'checksum' } },
  { say: 'experts-rare', rare: 1, experts: 16, tokens: 32 },
  { say: 'planned', bytes: 1000, budgetBytes: 2000, expectedError: null },
  { say: 'planned', bytes: 1000, budgetBytes: 2000, expectedError: 0.01 },
  { say: 'inputs-unfactored', sets: 2 },
  { say: 'layer-written', layer: null, bytes: 1000, seconds: 1.5 },
  { say: 'not-verified', why: {} },
  { say: 'disagrees', engine: 'llama.cpp', perplexity: 7.5, expected: 6 },
  { say: 'history-waits', said: 'x' },
  { say: 'history-lost', said: 'x' },
  { say: 'history-again' },
  { say: 'machine-unseen', said: 'x' },
  { say: 'priority-stays', said: 'x' },
]
const ENGLISH_WORDS = /undefined|\[object|NaN|\bnull\b|\{|\}|\b(the|is|and|you|it|of|layers|experts)\b/

beforeEach(() => speak('en'))
afterAll(() => speak('en'))

describe.each([
  ['plan notes', NOTES.map((note) => note.note), Object.keys(ENGLISH_NOTES), NOTES.map((note) => () => noteWords(PlanNote.parse(note)))],
  ['log lines', LINES.map((line) => line.say), Object.keys(ENGLISH_LOG), LINES.map((line) => () => lineWords(LogLine.parse(line)))],
])('%s', (_, tried, codes, saying) => {
  it('are all tried here', () => {
    expect([...new Set<string>(tried)].sort()).toEqual([...codes].sort())
  })

  it('have words of their own in German, without a word of English', async () => {
    const english = saying.map((say) => say())
    await speak('de')
    const german = saying.map((say) => say())
    for (const text of english) expect(text).not.toMatch(/undefined|\[object|NaN|\{|\}/)
    for (const [at, text] of german.entries()) {
      expect(text).not.toMatch(ENGLISH_WORDS)
      expect(text).not.toBe(english[at])
    }
  })
})

it.each(Object.keys(METRICS) as MetricId[])('the number %s has a name of its own in each language', async (id) => {
  const english = metricLabel(id)
  expect(sayMetric(0.5, id)).not.toBe('')
  await speak('de')
  expect(metricLabel(id)).not.toBe(english)
  expect(metricLabel(id)).not.toMatch(ENGLISH_WORDS)
})

it('why something is missing is said with what another program reports', async () => {
  expect(whyWords({ reason: 'llama-without-binary', said: 'arm64.' })).toBe('llama.cpp has no binary for this machine: arm64')
  await speak('de')
  expect(whyWords({ reason: 'folders-unread' })).toBe('kein anderes Programm hier liest safetensors-Ordner')
  expect(whyWords({})).toBeNull()
})
