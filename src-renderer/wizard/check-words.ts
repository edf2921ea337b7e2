import type { CheckItem, CheckReport } from '../../src-main/contract/check.ts'
import { t } from '../locales/i18n.ts'
import { DEVICE_WORDS } from '../words/devices.ts'
import { errorFacts, type ErrorFacts } from '../words/error-facts.ts'
import { errorWords } from '../words/errors.ts'
import { count, duration, fileSize, memorySize } from '../words/numbers.ts'

/** What a person can do about a finding with one press. */
export type CheckFix = 'output' | 'replace' | 'tokens' | 'text' | 'device' | 'goal' | 'settings'

/** A finding in words, and what can be done about it. */
export interface FindingWords { readonly say: string; readonly fixes: readonly CheckFix[] }

type State = CheckItem['state']
type Saying = (facts: ErrorFacts, state: State) => string

const bytes = (f: ErrorFacts, keys: readonly string[], say: (value: number) => string): string => {
  for (const key of keys) {
    const value = f.number(key)
    if (value !== null) return say(value)
  }
  return '–'
}
const deviceName = (name: string): string => Object.entries(DEVICE_WORDS).find(([device]) => device === name)?.[1] ?? name

const SAYINGS: Readonly<Record<CheckItem['id'], Saying>> = {
  device: (f, state) => {
    const [device, wanted] = [deviceName(f.text('device', '')), deviceName(f.text('wanted', ''))]
    if (state === 'ok') return t('check.device-ok', { device })
    return t(state === 'warn' ? 'check.device-fallback' : 'check.device-stop', { device, wanted, reason: f.text('reason', '') })
  },
  memory: (f, state) => t(`check.memory-${state}`, { needed: bytes(f, ['neededBytes'], memorySize), free: bytes(f, ['limitBytes', 'freeBytes'], memorySize) }),
  vram: (f, state) => (f.number('neededBytes') === null ? t('check.vram-none') : t(`check.vram-${state}`, { needed: bytes(f, ['neededBytes'], memorySize), free: bytes(f, ['freeBytes', 'totalBytes'], memorySize) })),
  disk: (f, state) => {
    const volumes = f.parts('volumes')
    return (volumes.length > 0 ? volumes : [f]).map((each) => t(`check.disk-${state}`, { needed: bytes(each, ['neededBytes'], fileSize), free: bytes(each, ['freeBytes'], fileSize), path: each.either(['path', 'folder'], '–') })).join(' ')
  },
  output: (f, state) => t(state === 'ok' ? 'check.output-ok' : state === 'warn' ? 'check.output-replace' : 'check.output-stop', { path: f.text('path', '–') }),
  text: (f, state) => t(`check.text-${state}`, { calibration: f.text('calibrationTokens', '–'), heldOut: f.text('heldOutTokens', '–'), asked: f.text('askedTokens', '–') }),
  trial: (f, state) => (state === 'stop' ? t('check.trial-stop') : t('check.trial-ok', { layer: count((f.number('layer') ?? 0) + 1), time: duration(f.number('seconds') ?? 0) })),
  power: (f, state) => t(state === 'ok' ? (f.text('onBattery', '') === '' ? 'check.power-none' : 'check.power-ok') : 'check.power-warn'),
  sleep: (_f, state) => t(state === 'ok' ? 'check.sleep-ok' : 'check.sleep-warn'),
}

const FIXES: Readonly<Record<CheckItem['id'], readonly CheckFix[]>> = {
  device: ['device'], memory: ['tokens'], vram: ['goal'], disk: ['output'], output: ['output'], text: ['text'], trial: ['device'], power: [], sleep: ['settings'],
}

/** What was found, in words. A finding that is an error of the contract speaks with that error's words. */
export function findingWords({ id, state, details }: CheckItem): FindingWords {
  const facts = errorFacts(details)
  const code = facts.text('code', '')
  const nested = facts.part('error')
  const fixes = state === 'ok' ? [] : FIXES[id]
  if (code === '' && nested === null) return { say: SAYINGS[id](facts, state), fixes }
  const { what, why, remedy } = errorWords({ code: code || (nested?.text('code', '') ?? ''), message: '', details: code ? details : detailsOf(details['error']) })
  return { say: `${what} ${why} ${remedy}`, fixes: code === 'output-exists' || nested?.text('code', '') === 'output-exists' ? ['replace', ...fixes] : fixes }
}

function detailsOf(error: unknown): Record<string, unknown> {
  if (typeof error !== 'object' || error === null || !('details' in error)) return {}
  return typeof error.details === 'object' && error.details !== null ? { ...error.details } : {}
}

/** The worst that a report holds. */
export function verdictOf(items: CheckReport['items']): State {
  return items.some((each) => each.state === 'stop') ? 'stop' : items.some((each) => each.state === 'warn') ? 'warn' : 'ok'
}
