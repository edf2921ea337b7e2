import type { MethodCard } from '../../src-main/contract/calls.ts'
import { t, type MessageKey } from '../locales/i18n.ts'

const SUMMARIES: Readonly<Record<string, MessageKey>> = {
  'measured-bits': 'method.summary-measured-bits', 'mc': 'method.summary-mc', 'uniform': 'method.summary-uniform', 'gptq': 'method.summary-gptq', 'rtn': 'method.summary-rtn',
  'mobe': 'method.summary-mobe', 'rfid-moe': 'method.summary-rfid-moe', 'd2-moe': 'method.summary-d2-moe', 'moe-svd': 'method.summary-moe-svd', 'svd-llm': 'method.summary-svd-llm', 'svd': 'method.summary-svd',
}

/** What a method does, in the language chosen; a method nobody has translated yet speaks the registry's English. */
export function summaryOf({ id, summary }: Pick<MethodCard, 'id' | 'summary'>): string {
  return Object.hasOwn(SUMMARIES, id) ? t(SUMMARIES[id] as MessageKey) : summary
}
