import type { MethodCard } from '../../src-main/contract/calls.ts'
import { csvText } from './csv.ts'
import { commonContext, type Entry } from './entries.ts'
import { resultRows } from './result-rows.ts'
import { settingRows } from './settings-rows.ts'

/** All numbers and settings, a run a line: what a spreadsheet sorts and draws best. Column names are fixed, whatever the language. */
export function compareCsv(entries: readonly Entry[], methods: readonly MethodCard[]): string {
  const results = resultRows(commonContext(entries))
  const settings = settingRows(entries, methods)
  const head = [
    'run',
    'id',
    'created',
    'judgedText',
    'judgedTokenizer',
    'sha256',
    ...results.map((row) => row.id),
    ...settings.map((row) => row.id),
  ]
  const lines = entries.map(({ mark, detail, report, ...entry }, index) => [
    mark.letter,
    entry.id,
    detail.summary.createdAt,
    report.judgedOn?.heldOut ?? null,
    report.judgedOn?.tokenizer ?? null,
    report.file.sha256,
    ...results.map((row) => row.value({ mark, detail, report, ...entry })),
    ...settings.map((row) => row.values[index] ?? null),
  ])
  return csvText([head, ...lines])
}
