import type { Router } from './architecture.ts'
import { invalid, type ConfigReader } from './config-reader.ts'
import type { Routed } from './config-shape.ts'

/** Groups experts are chosen from; null where there is one. Throws ExpectedError 'config-invalid'. */
function readGroups(config: ConfigReader, { experts, expertsPerToken }: Routed, by: NonNullable<Router['groups']>['by']): Router['groups'] {
  const count = config.count('n_group', experts, 1)
  const kept = config.count('topk_group', experts, 1)
  if (kept > count) throw invalid('topk_group', { reason: 'exceeds', other: 'n_group' })
  if (experts % count !== 0) throw invalid('n_group', { reason: 'uneven', other: 'the experts' })
  if ((experts / count) * kept < expertsPerToken) throw invalid('topk_group', { reason: 'few-in-groups' })
  return count > 1 ? { count, kept, by } : null
}

/**
 * The router of DeepSeek V3 and those after it: sigmoid scores, a correction bias in the choice, experts in groups, gates rescaled and then
 * scaled. Throws ExpectedError 'config-invalid' or 'config-key-unsupported'.
 * @param scale the scale where the config is silent
 */
export function readSigmoidRouter(config: ConfigReader, routed: Routed, scale = 1): Router {
  config.only('scoring_func', 'sigmoid')
  config.only('topk_method', 'noaux_tc')
  return {
    score: 'sigmoid',
    bias: true,
    groups: readGroups(config, routed, 'two-best'),
    scale: config.positive(['routed_scaling_factor', 'router_scaling_factor'], scale),
  }
}

/** The router of DeepSeek V2: softmax scores, scaled; a group counts as its best expert. Throws as {@link readSigmoidRouter}. */
export function readSoftmaxRouter(config: ConfigReader, routed: Routed): Router {
  config.only('scoring_func', 'softmax')
  const { value: method } = config.take('topk_method')
  const known = ['greedy', 'group_limited_greedy']
  if (method !== undefined && !known.includes(String(method)))
    throw invalid('topk_method', { reason: 'unknown-word', known: known.join(', ') })
  const groups = readGroups(config, routed, 'best')
  return {
    score: 'softmax',
    bias: false,
    groups: method === 'group_limited_greedy' ? groups : null,
    scale: config.positive('routed_scaling_factor', 1),
  }
}
