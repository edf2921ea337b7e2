import type { Router } from './architecture.ts'
import { invalid, type ConfigReader } from './config-reader.ts'

/** The groups of DeepSeek V2's router: a group counts as its best expert. Throws ExpectedError 'config-invalid'. */
export function softmaxGroups(config: ConfigReader, experts: number): Router['groups'] {
  const { value: method } = config.take('topk_method')
  const count = config.count('n_group', experts, 1)
  const kept = config.count('topk_group', experts, 1)
  if (method === undefined || method === 'greedy') return null
  if (method !== 'group_limited_greedy') throw invalid('topk_method', 'is neither greedy nor group_limited_greedy')
  if (kept > count) throw invalid('topk_group', 'is more than n_group')
  if (experts % count !== 0) throw invalid('n_group', 'does not divide the experts')
  return count > 1 ? { count, kept, by: 'best' } : null
}
