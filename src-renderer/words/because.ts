import { fill, isReason, type ReasonWords } from '../../src-main/contract/reasons.ts'
import type { ErrorFacts } from './error-facts.ts'
import { FORMAT_WORDS } from './formats.ts'
import { roleWords } from './roles.ts'

/** Why an error came about, as a clause without a full stop; null where this version has no words for it. */
export function reasonIn(words: ReasonWords, facts: ErrorFacts): string | null {
  const reason = facts.text('reason', '')
  if (!isReason(reason)) return null
  const said = facts.text('said', '').replace(/\.$/, '')
  return `${fill(words[reason], (name) => factIn(facts, name))}${said === '' ? '' : `: ${said}`}`
}

/** What another program said, word for word; or an older Whittle, whose reasons were sentences. */
export function saidIn(facts: ErrorFacts): string | null {
  const reason = facts.text('reason', '')
  const said = facts.either(['said', 'message'], /\s/.test(reason) && !isReason(reason) ? reason : '').replace(/\.$/, '')
  return said === '' ? null : said
}

/** A clause as a sentence of its own. */
export function sentence(clause: string): string {
  return `${clause.charAt(0).toUpperCase()}${clause.slice(1)}${/[.!?]$/.test(clause) ? '' : '.'}`
}

function factIn(facts: ErrorFacts, name: string): string {
  const text = facts.text(name, '')
  if (name === 'role') return roleWords(text)
  const format = name === 'format' || name === 'use' ? Object.entries(FORMAT_WORDS).find(([id]) => id === text)?.[1] : undefined
  return format?.title ?? text
}
