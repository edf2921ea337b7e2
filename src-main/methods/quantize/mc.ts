/**
 * Mixture Compressor: each expert of a layer gets its own number of bits, more for those that are chosen often, weighed much and hurt most.
 *
 *   min sum_e sum_b phi_e^alpha w_e^beta eps_{e,b}^gamma x_{e,b}   subject to   sum_e sum_b b x_{e,b} <= round(mean bits * experts)
 *
 * x_{e,b}: whether expert e gets b bits, one width each, and at least one expert at each of the two largest widths; phi_e: share of the
 * tokens that select e; w_e: its mean gate; eps_{e,b}: Frobenius norm of what the layer's output loses when only e is quantized to b bits,
 * by GPTQ. Solved exactly, a program per layer. Paper: MC, arXiv 2410.06270 (PMQ, and ODP for the experts that tokens skip at run time).
 * The paper's repository raises eps to alpha; the formula is followed here. Ours: other widths than 1, 2, 3 (where none are named), one
 * program over all layers (`scope`), and the GGUF form, which has one type a projection: the same objective summed over the experts, eps
 * measured per projection and type. Assumes that errors of different experts add up.
 *
 * eps is a norm over the tokens routed to e, weighted by their gates, so it already holds how often and how strongly e is used; phi and w
 * count that twice. On wiki-moe16, experts alone quantized (KL divergence in nats, perplexity; 4080 held-out tokens; original 56.48), at
 * 2.56 bits from 1, 2, 3: widths shuffled in each layer .033 to .065, 58.2 to 59.1; weight only .0209, 56.94; frequency only .0206, 57.17;
 * all three .0201, 56.89; error only .0174, 57.05. At 2.53 bits: even .0304, 57.95; all three .0216, 57.06. One program over the model,
 * error only (alpha 0, beta 0), widths 1 to 6, at 2.55: .0115, 56.64. The same at 2.05, 3 and 4 bits: .0237, .0061, .0017, where the
 * paper's objective has .0512, .0105, .0027 and even bits .0554, .0113, .0033.
 */
import type { Method } from '../method.ts'
import { parseParameters } from '../parameters.ts'
import { packLayer } from './packed/pack-layer.ts'
import { measureSkipping } from './pmq/measure-skipping.ts'
import { measureTypes } from './pmq/measure-types.ts'
import { measureWidths } from './pmq/measure-widths.ts'
import { planTypes, typesSizeRange } from './pmq/plan-types.ts'
import { planWidths, widthsSizeRange } from './pmq/plan-widths.ts'
import { measuredWidths, PmqSettings } from './pmq/settings.ts'

const parse = (raw: Readonly<Record<string, unknown>>): PmqSettings => parseParameters('mc', PmqSettings, raw)

export const mc: Method = {
  id: 'mc',
  title: 'Mixture Compressor',
  family: 'quantize',
  summary: 'Gives each expert its own number of bits: more to experts that are used often, count much and suffer most.',
  paper: 'MC (arXiv 2410.06270)',
  parameters: PmqSettings,
  needsExperts: true,
  bitsOver: 'experts',
  blocks: {
    needs: ['importance'],
    measure: {
      key: (parameters) => ({ types: [...new Set(parse(parameters).types)].sort() }),
      run: (layer, parameters) => measureTypes(layer, parse(parameters).types),
    },
    plan: (input) => planTypes(input, parse(input.parameters)),
    sizeRange: (input) => typesSizeRange(input, parse(input.parameters)),
  },
  forms: {
    makes: 'packed',
    measure: {
      key: (parameters) => {
        const settings = parse(parameters)
        return { widths: measuredWidths(settings), groupSize: settings.groupSize, skipping: settings.skipExperts > 0 }
      },
      run: async (layer, parameters) => {
        const settings = parse(parameters)
        const measured = await measureWidths(layer, measuredWidths(settings), settings.groupSize)
        return { ...measured, skipping: settings.skipExperts > 0 ? await measureSkipping(layer) : null }
      },
    },
    plan: (input) => planWidths(input, parse(input.parameters)),
    sizeRange: (input) => widthsSizeRange(input, parse(input.parameters)),
    apply: (layer, task) => packLayer(layer, task, 'feedback'),
  },
}
