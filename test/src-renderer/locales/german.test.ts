import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { GERMAN_ERRORS } from '../../../src-renderer/words/de/errors/german-errors.ts'
import { ENGLISH_ERRORS } from '../../../src-renderer/words/en/errors/english-errors.ts'
import { language, languageFor, region } from '../../../src-renderer/locales/i18n.ts'
import { STAGE_WORDS, STATE_WORDS } from '../../../src-renderer/words/activities.ts'
import { budgetWords } from '../../../src-renderer/words/budgets.ts'
import { errorWords } from '../../../src-renderer/words/errors.ts'
import { speak } from '../../../src-renderer/words/sayings.ts'
import { FORMAT_WORDS } from '../../../src-renderer/words/formats.ts'
import { termSentence } from '../../../src-renderer/words/glossary.ts'
import { missingWords } from '../../../src-renderer/words/missing.ts'
import {
  bigCount,
  bits,
  count,
  duration,
  durationRange,
  fileSize,
  measure,
  memorySize,
  moment,
  percent,
} from '../../../src-renderer/words/numbers.ts'
import { qualityBand } from '../../../src-renderer/words/quality.ts'
import { roleWords } from '../../../src-renderer/words/roles.ts'

beforeAll(() => speak('de'))
afterAll(() => speak('en'))

/** Intl parts numbers from units by spaces that do not break. */
const plain = (text: string): string => text.replace(/[\u00a0\u202f]/g, ' ')

describe('German', () => {
  it('tells the browser, so that a screen reader speaks it', () => {
    expect(language()).toBe('de')
    expect(document.documentElement.lang).toBe('de')
    expect(region()).toBe('de')
  })

  it('writes numbers, sizes and times as German does', () => {
    expect([fileSize(61_064_245_248), fileSize(999), memorySize(12 * 2 ** 30), count(16_384), bits(4.5)]).toEqual([
      '61,1 GB',
      '999 Bytes',
      '12,0 GiB',
      '16.384',
      '4,50',
    ])
    expect([bigCount(30_532_122_624), plain(percent(0.2551, 1)), plain(percent(0.0004)), measure(0.00853), measure(0.0000023)]).toEqual([
      '30,5 Milliarden',
      '25,5 %',
      '< 1 %',
      '0,00853',
      '2,3e-6',
    ])
    expect([duration(4), duration(61), duration(3725)]).toEqual(['4 s', '1 Min. 1 s', '1 Std. 2 Min.'])
    expect([
      durationRange(90, 130),
      durationRange(10_800, 28_800),
      durationRange(40, 86_400 * 3),
      durationRange(7100, 7300),
      durationRange(0.2, 0.9),
    ]).toEqual(['1,5 bis 2,2 Minuten', '3 bis 8 Stunden', 'bis zu 3 Tage', '2 Stunden', 'ein bis zwei Sekunden'])
    expect(moment(new Date(2026, 10, 21, 9, 5).toISOString(), new Date(2026, 10, 21, 20))).toBe('Heute, 09:05')
    expect(moment(new Date(2026, 10, 20, 9, 5).toISOString(), new Date(2026, 10, 21, 20))).toBe('20. Nov., 09:05')
  })

  it('names stages, states, formats, parts, terms and verdicts', () => {
    expect([STAGE_WORDS.compress.title, STATE_WORDS.paused.word, FORMAT_WORDS.gguf.title, FORMAT_WORDS['safetensors-gptq'].title]).toEqual([
      'Verkleinern',
      'Angehalten',
      'GGUF-Datei',
      'GPTQ-Ordner',
    ])
    expect([roleWords('expertGate'), roleWords('unknownRole'), qualityBand(0.02).word, missingWords('llama-gpu').remedy]).toEqual([
      'Experte Gate',
      'unknownRole',
      'Ähnlich',
      'Starten Sie npm install mit dem Paket für Ihre Karte, zum Beispiel @node-llama-cpp/linux-x64-vulkan.',
    ])
    expect(termSentence('expert')).toMatch(/^Eines der vielen kleinen Netze/)
    expect(plain(budgetWords({ kind: 'percent', percent: 35 }, { bitsOver: 'file' }))).toBe('35 % des Originals')
    expect(plain(budgetWords({ kind: 'vram', vramBytes: 12 * 2 ** 30, contextTokens: 16_384 }, { bitsOver: 'file' }))).toBe(
      'eine Grafikkarte mit 12,0 GiB und ein Kontext von 16.384 Tokens',
    )
  })

  it('chooses the language of the system where there is a catalog of it', () => {
    expect([
      languageFor(null, ['de-AT', 'en']),
      languageFor(null, ['fr', 'de']),
      languageFor(null, ['fr']),
      languageFor('en', ['de']),
      languageFor(null, []),
    ]).toEqual(['de', 'de', 'en', 'en', 'en'])
  })
})

describe('German words for errors', () => {
  it.each(Object.keys(ENGLISH_ERRORS))('%s says what happened, why, and what to do, with and without facts', (code) => {
    expect(Object.keys(GERMAN_ERRORS)).toContain(code)
    for (const details of [
      {},
      { path: '/m/x', folder: '/m', tensor: 'blk.0', reason: 'broken', budgetBytes: 5, smallestBytes: 9, layer: 3 },
    ]) {
      const words = errorWords({ code, message: '', details })
      for (const sentence of [words.what, words.why, words.remedy]) {
        expect(sentence).toMatch(/^["/„A-ZÄÖÜa-z].*[.!?)]$/s)
        expect(sentence).not.toMatch(/undefined|\[object|NaN|\bnull\b|\.\.|  |\b(the|is|and|you)\b/)
      }
    }
  })

  it('names the numbers of a budget that is too small', () => {
    const words = errorWords({
      code: 'budget-too-small',
      message: '',
      details: { budgetBytes: 3_000_000_000, smallestBytes: 9_500_000_000 },
    })
    expect(words.why).toBe('Sie haben höchstens 3,00 GB erlaubt; die kleinste Datei, die aus diesem Modell werden kann, hat 9,50 GB.')
  })

  it('quotes what another program said', () => {
    expect(errorWords({ code: 'header-invalid', message: '', details: { path: '/m/a.safetensors', said: 'not JSON.' } }).why).toBe(
      'Das Inhaltsverzeichnis von /m/a.safetensors ist nicht lesbar. Die Meldung dazu: „not JSON“.',
    )
  })

  it('knows a model that is no longer the planned one', () => {
    const details = { reason: 'other-model', path: '/m/my model' }
    expect(errorWords({ code: 'request-invalid', message: '', details }).why).toContain('/m/my model enthält nicht mehr das Modell')
  })
})
