import type { MethodCard } from '../../src-main/contract/calls.ts'
import { t } from '../locales/i18n.ts'
import { budgetWords } from '../words/budgets.ts'
import { DEVICE_WORDS, workedOn } from '../words/devices.ts'
import { FORMAT_WORDS } from '../words/formats.ts'
import { count, decimal } from '../words/numbers.ts'
import { parameterFields } from '../wizard/parameter-fields.ts'
import type { Entry } from './entries.ts'

/** One setting of all runs, in words: a row, runs as its columns. */
export interface SettingRow {
  readonly id: string
  readonly label: string
  readonly values: readonly string[]
  /** Whether any two runs differ. */ readonly differs: boolean
}

const NONE = '–'

/** Every setting of the runs, in the order the wizard asks for them. */
export function settingRows(entries: readonly Entry[], methods: readonly MethodCard[]): SettingRow[] {
  const row = (id: string, label: string, valueOf: (entry: Entry) => string): SettingRow => {
    const values = entries.map(valueOf)
    return { id, label, values, differs: new Set(values).size > 1 }
  }
  const cardOf = (entry: Entry): MethodCard | null => methods.find((each) => each.id === entry.detail.recipe.method) ?? null
  const recipe = (entry: Entry) => entry.detail.recipe
  return [
    row('model', t('compare.set-model'), (entry) => entry.detail.summary.modelName),
    row('method', t('compare.set-method'), (entry) => cardOf(entry)?.title ?? entry.detail.recipe.method),
    row('format', t('compare.set-format'), (entry) => FORMAT_WORDS[entry.report.format ?? 'gguf'].title),
    row('budget', t('compare.set-budget'), (entry) => budgetWords(recipe(entry).budget, { bitsOver: cardOf(entry)?.bitsOver ?? 'file' })),
    ...parameterRows(entries, cardOf, row),
    row('rounding', t('compare.set-rounding'), (entry) =>
      entry.detail.plan?.rounding ? t(`compare.rounding-${entry.detail.plan.rounding}`) : NONE,
    ),
    row('corpus', t('compare.set-corpus'), (entry) => recipe(entry).corpusPath ?? t('compare.ownText')),
    row('tokens', t('compare.set-tokens'), (entry) => count(recipe(entry).calibrationTokens)),
    row('heldOut', t('compare.set-heldOut'), (entry) => recipe(entry).heldOutPath ?? t('compare.heldOutPart')),
    row('judged', t('compare.set-judged'), (entry) => count(entry.report.quality.tokens)),
    row('window', t('compare.set-window'), (entry) => count(recipe(entry).windowTokens)),
    row('device', t('compare.set-device'), (entry) => `${DEVICE_WORDS[recipe(entry).device]} (${workedOn(entry.report.device)})`),
    row('seed', t('compare.set-seed'), (entry) => String(recipe(entry).seed)),
  ]
}

/** Settings of the methods themselves; a method that has no such setting has none. */
function parameterRows(
  entries: readonly Entry[],
  cardOf: (entry: Entry) => MethodCard | null,
  row: (id: string, label: string, valueOf: (entry: Entry) => string) => SettingRow,
): SettingRow[] {
  const fieldsOf = (entry: Entry) =>
    parameterFields(cardOf(entry)?.parameters ?? {}, FORMAT_WORDS[entry.report.format ?? 'gguf'].thing, entry.report.method)
  const labels = new Map(
    entries.flatMap((entry) => [
      ...Object.keys(entry.detail.recipe.parameters).map((key) => [key, key] as const),
      ...fieldsOf(entry).map((field) => [field.key, field.label] as const),
    ]),
  )
  return [...labels].map(([key, label]) =>
    row(`parameter-${key}`, label, (entry) => {
      const given = entry.detail.recipe.parameters[key]
      return valueWords(given === undefined ? fieldsOf(entry).find((field) => field.key === key)?.fallback : given)
    }),
  )
}

/** A value of a method's own setting. */
export function valueWords(value: unknown): string {
  if (value === undefined || value === null) return NONE
  if (typeof value === 'boolean') return t(value ? 'words.yes' : 'words.no')
  if (typeof value === 'number') return decimal(value, 6)
  if (Array.isArray(value)) return value.length === 0 ? NONE : value.map(valueWords).join(', ')
  return typeof value === 'string' ? value : JSON.stringify(value)
}
