import type { LogLine } from '../stores/live-run.ts'

export type LogLevel = LogLine['level']
const WEIGHT: Readonly<Record<LogLevel, number>> = { info: 0, warn: 1, error: 2 }

/** Lines of at least this weight that hold the wanted text, in any case of letters. */
export function filterLog(log: readonly LogLine[], least: LogLevel, wanted: string): readonly LogLine[] {
  const text = wanted.trim().toLowerCase()
  return log.filter((line) => WEIGHT[line.level] >= WEIGHT[least] && (text === '' || line.text.toLowerCase().includes(text)))
}

/** Lines as plain text, for the clipboard and for reports. */
export function logText(log: readonly LogLine[]): string {
  return log.map((line) => `${line.level.padEnd(5)} ${line.text}`).join('\n')
}
