import type { MethodCard } from '../../src-main/contract/calls.ts'
import { sayings } from './sayings.ts'

/** What a language other than the core's English says of methods, by their ids and the names of their settings. */
export interface MethodWords {
  readonly summaries: Readonly<Record<string, string>>
  readonly papers: Readonly<Record<string, string>>
  /** By setting; by `method.setting` where one method means something else by it. */
  readonly settings: Readonly<Record<string, SettingWords>>
}

/** What a setting is called, and what it does. */
export interface SettingWords {
  readonly label: string
  readonly hint: string
}

/** What a method does, in a sentence. */
export function summaryWords({ id, summary }: Pick<MethodCard, 'id' | 'summary'>): string {
  return sayings().methods?.summaries[id] ?? summary
}

/** Where a method comes from; `found`: whether that is a paper. */
export function paperWords({ id, paper }: Pick<MethodCard, 'id' | 'paper'>): { found: boolean; text: string } {
  return { found: !paper.startsWith('none: '), text: sayings().methods?.papers[id] ?? paper.replace(/^none: /, '') }
}

/** A setting's words; the method's own English where the language has none. */
export function settingWords(method: string, setting: string, english: SettingWords): SettingWords {
  const own = sayings().methods?.settings
  return own?.[`${method}.${setting}`] ?? own?.[setting] ?? english
}
