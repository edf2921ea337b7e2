import type { LogEntry } from '../stores/live-run.ts'
import { lineWords } from '../words/sayings.ts'

export type LogLevel = LogEntry['level']
const WEIGHT: Readonly<Record<LogLevel, number>> = { info: 0, warn: 1, error: 2 }

/** Lines of at least this weight that hold the wanted text, in any case of letters. */
export function filterLog(log: readonly LogEntry[], least: LogLevel, wanted: string): readonly LogEntry[] {
  const text = wanted.trim().toLowerCase()
  return log.filter((line) => WEIGHT[line.level] >= WEIGHT[least] && (text === '' || lineWords(line.line).toLowerCase().includes(text)))
}

/** Lines as plain text, for the clipboard and for reports. */
export function logText(log: readonly LogEntry[]): string {
  return log.map((line) => `${line.level.padEnd(5)} ${lineWords(line.line)}`).join('\n')
}
