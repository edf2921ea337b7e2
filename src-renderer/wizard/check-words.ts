import { whyWords } from '../words/sayings.ts'
import type { CheckItem, CheckReport } from '../../src-main/contract/check.ts'
import { t } from '../locales/i18n.ts'
import { DEVICE_WORDS } from '../words/devices.ts'
import { errorFacts, type ErrorFacts } from '../words/error-facts.ts'
import { errorWords } from '../words/errors.ts'
import { bigCount, count, fileSize, memorySize } from '../words/numbers.ts'

/** What a person can do about a finding with one press. */
export type CheckFix = 'output' | 'replace' | 'tokens' | 'text' | 'device' | 'goal' | 'method' | 'settings'

/** A finding in words, and what can be done about it. */
interface FindingWords {
  readonly say: string
  readonly fixes: readonly CheckFix[]
}

type State = CheckItem['state']
type Saying = (facts: ErrorFacts, state: State, details: CheckItem['details']) => string

const memory = (f: ErrorFacts, key: string): string => {
  const value = f.number(key)
  return value === null ? '–' : memorySize(value)
}
const tokens = (f: ErrorFacts, group: string, key: string): string => {
  const value = f.part(group)?.number(key) ?? null
  return value === null ? '–' : count(value)
}
const deviceName = (name: string): string => Object.entries(DEVICE_WORDS).find(([device]) => device === name)?.[1] ?? name

const SAYINGS: Readonly<Record<CheckItem['id'], Saying>> = {
  device: (f, _state, details) => {
    const device = deviceName(f.text('used', ''))
    const reason = f.text('reason', '')
    if (reason === 'unavailable')
      return t('check.device-unavailable', {
        device,
        detail: whyWords(typeof details['detail'] === 'object' ? { ...details['detail'] } : { said: details['detail'] }) ?? '–',
      })
    return t(reason === 'slower' ? 'check.device-slower' : 'check.device-ok', { device })
  },
  memory: (f, state) =>
    t(`check.memory-${state}`, {
      needed: memory(f, 'expectedBytes'),
      free: memory(f, state === 'stop' && (f.number('limitBytes') ?? Infinity) < (f.number('freeBytes') ?? 0) ? 'limitBytes' : 'freeBytes'),
    }),
  vram: (f, state) => {
    const cards = f
      .parts('cards')
      .map((card) =>
        t('check.vram-card', { name: card.text('name', '–'), free: memory(card, 'freeBytes'), total: memory(card, 'totalBytes') }),
      )
    if (cards.length === 0) return t('check.vram-untold')
    return `${cards.join(', ')}. ${state === 'ok' ? '' : t('check.vram-warn', { reserve: memory(f, 'reserveBytes') })}`.trim()
  },
  disk: (f, state) =>
    f
      .parts('volumes')
      .map((each) =>
        t(`check.disk-${state}`, {
          needed: each.size('neededBytes', '–'),
          free: each.size('freeBytes', '–'),
          path: each.text('path', '–'),
        }),
      )
      .join(' '),
  output: (f, state, { named }) => {
    const path = f.text('path', '–')
    if (state === 'stop')
      return t('check.output-stop', { path, size: fileSize(f.number('bytes') ?? 0), most: fileSize(f.number('largestBytes') ?? 0) })
    if (state === 'warn') return t('check.output-replace', { path })
    // A name that is made from the plan is not known yet; its folder is.
    return named === false ? t('check.output-folder', { folder: path.replace(/[\\/][^\\/]*$/, '') }) : t('check.output-ok', { path })
  },
  text: (f, state) =>
    t(state === 'ok' ? 'check.text-ok' : 'check.text-warn', {
      calibration: tokens(f, 'tokens', 'calibration'),
      heldOut: tokens(f, 'tokens', 'heldOut'),
      askedCalibration: tokens(f, 'asked', 'calibration'),
      askedHeldOut: tokens(f, 'asked', 'heldOut'),
    }),
  trial: (f) => t('check.trial-ok', { layer: count((f.number('layer') ?? 0) + 1), weights: bigCount(f.number('weights') ?? 0) }),
  power: (_f, state, { onBattery }) =>
    t(state === 'warn' ? 'check.power-warn' : onBattery === false ? 'check.power-ok' : 'check.power-none'),
  sleep: (_f, state, { able, wanted }) =>
    t(
      state === 'warn'
        ? able === true
          ? 'check.sleep-off'
          : 'check.sleep-unable'
        : able === true && wanted === true
          ? 'check.sleep-ok'
          : 'check.sleep-plain',
    ),
}

const FIXES: Readonly<Record<CheckItem['id'], readonly CheckFix[]>> = {
  device: ['device'],
  memory: ['tokens'],
  vram: [],
  disk: ['output'],
  output: ['output'],
  text: ['text'],
  trial: ['device', 'tokens'],
  power: [],
  sleep: ['settings'],
}

/** What mends an error of the contract, where its item does not say it. */
function fixesOf(code: string, { id }: Pick<CheckItem, 'id'>): readonly CheckFix[] {
  if (code === 'output-exists') return ['replace', 'output']
  if (code.startsWith('budget-')) return ['goal', 'method']
  if (code.startsWith('method-')) return ['method']
  if (code.startsWith('corpus-')) return ['text']
  if (code === 'device-unavailable') return ['device']
  return FIXES[id]
}

/** What was found, in words. A finding that is an error of the contract speaks with that error's words. */
export function findingWords(item: CheckItem): FindingWords {
  const { id, state, details } = item
  const error = errorIn(details)
  if (error === null) return { say: SAYINGS[id](errorFacts(details), state, details), fixes: state === 'ok' ? [] : FIXES[id] }
  const { what, why, remedy } = errorWords({ ...error, message: '' })
  return { say: `${what} ${why} ${remedy}`, fixes: fixesOf(error.code, item) }
}

function errorIn({ error }: CheckItem['details']): { code: string; details: Record<string, unknown> } | null {
  if (typeof error !== 'object' || error === null || !('code' in error) || typeof error.code !== 'string') return null
  const details = 'details' in error && typeof error.details === 'object' && error.details !== null ? { ...error.details } : {}
  return { code: error.code, details }
}

/** The worst that a report holds. */
export function checkVerdictOf(items: CheckReport['items']): State {
  return items.some((each) => each.state === 'stop') ? 'stop' : items.some((each) => each.state === 'warn') ? 'warn' : 'ok'
}
