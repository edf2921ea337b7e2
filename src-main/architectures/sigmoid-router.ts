import type { Router } from './architecture.ts'
import { invalid, type ConfigReader } from './config-reader.ts'

/**
 * The router of DeepSeek V3 and those after it: sigmoid scores, a correction bias in the choice, experts in groups, gates rescaled and then
 * scaled. Throws ExpectedError 'config-invalid' or 'config-key-unsupported'.
 * @param scale the scale where the config is silent
 */
export function readSigmoidRouter(config: ConfigReader, experts: number, scale = 1): Router {
  config.only('scoring_func', 'sigmoid')
  config.only('topk_method', 'noaux_tc')
  const count = config.count('n_group', experts, 1)
  const kept = config.count('topk_group', experts, 1)
  if (kept > count) throw invalid('topk_group', 'is more than n_group')
  if (experts % count !== 0) throw invalid('n_group', 'does not divide the experts')
  return {
    score: 'sigmoid',
    bias: true,
    groups: count > 1 ? { count, kept, by: 'two-best' } : null,
    scale: config.positive(['routed_scaling_factor', 'router_scaling_factor'], scale),
  }
}
