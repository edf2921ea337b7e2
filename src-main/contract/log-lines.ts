import * as z from 'zod'
import { toldText } from './reasons.ts'

const line = <S extends string, F extends z.ZodRawShape>(say: S, facts: F) => z.object({ say: z.literal(say), ...facts })

/** Why, as errors have it: a reason with its facts, what another program said, or both. */
const Why = z.record(z.string(), z.unknown())

/** What a job says while it works, for its log: a code with its facts. Layers are counted from 0. */
export const LogLine = z.discriminatedUnion('say', [
  line('opened', { name: z.string(), layers: z.int(), experts: z.int(), device: z.string(), kernels: z.string() }),
  line('slow-kernels', { why: Why }),
  line('template-broken', { why: Why }),
  line('text-short', { tokens: z.int(), wanted: z.int() }),
  line('calibrated', { tokens: z.int(), reused: z.boolean() }),
  line('calibration-damaged', { why: Why }),
  line('experts-rare', { rare: z.int(), experts: z.int(), tokens: z.int() }),
  line('planned', { bytes: z.int(), budgetBytes: z.int(), expectedError: z.number().nullable() }),
  line('inputs-unfactored', { sets: z.int() }),
  line('layer-written', { layer: z.int().nullable(), bytes: z.int(), seconds: z.number() }),
  line('not-verified', { why: Why }),
  line('disagrees', { engine: z.string(), perplexity: z.number(), expected: z.number() }),
  line('history-waits', { said: z.string() }),
  line('history-lost', { said: z.string() }),
  line('history-again', {}),
  line('machine-unseen', { said: z.string() }),
  line('priority-stays', { said: z.string() }),
])
export type LogLine = z.infer<typeof LogLine>

/** A sentence for each line, in one language. */
export type LogWords = { readonly [S in LogLine['say']]: (line: Extract<LogLine, { say: S }>) => string }

/** English, for terminals and the English page. */
export const ENGLISH_LOG: LogWords = {
  opened: ({ name, layers, experts, device, kernels }) =>
    `${name}: ${layers} layers of ${experts} experts, on ${device} with ${kernels} kernels`,
  'slow-kernels': ({ why }) => `encoding on the slow reference kernels: ${toldText(why)}`,
  'template-broken': ({ why }) => `the model's chat template does not work: ${toldText(why)}`,
  'text-short': ({ tokens, wanted }) => `the calibration text holds ${tokens} tokens in whole windows, fewer than the ${wanted} asked for`,
  calibrated: ({ tokens, reused }) => `calibration on ${tokens} tokens ${reused ? 'reused from an earlier run' : 'measured'}`,
  'calibration-damaged': ({ why }) => `the kept calibration cannot be used and is measured again: ${toldText(why)}`,
  'experts-rare': ({ rare, experts, tokens }) =>
    `${rare} of ${experts} experts saw fewer than ${tokens} calibration tokens; more text would serve them better`,
  planned: ({ bytes, budgetBytes, expectedError }) =>
    `planned ${bytes} of at most ${budgetBytes} bytes; ${expectedError === null ? 'its loss is measured at the end' : `predicted KL divergence ${expectedError.toPrecision(3)}`}`,
  'inputs-unfactored': ({ sets }) =>
    `${sets} sets of inputs give no factor; the matrices they feed were rounded to the nearest, without error feedback`,
  'layer-written': ({ layer, bytes, seconds }) =>
    `${layer === null ? 'embedding and output' : `layer ${layer + 1}`} written: ${bytes} bytes in ${seconds.toFixed(1)} s`,
  'not-verified': ({ why }) => `the file is not verified: ${toldText(why)}`,
  disagrees: ({ engine, perplexity, expected }) =>
    `${engine} disagrees: perplexity ${perplexity.toFixed(4)}, ours ${expected.toFixed(4)}; the file is not to be trusted`,
  'history-waits': ({ said }) => `the data folder cannot be written to (${said}); it is tried again`,
  'history-lost': ({ said }) => `a line of the history is lost: ${said}`,
  'history-again': () => 'the data folder can be written to again',
  'machine-unseen': ({ said }) => `the machine could not be looked at: ${said}`,
  'priority-stays': ({ said }) => `the priority stays as it is until the run is resumed: ${said}`,
}

/** A line in the words of a language. */
export function lineText<S extends LogLine['say']>(said: Extract<LogLine, { say: S }>, words: LogWords = ENGLISH_LOG): string {
  return words[said.say as S](said)
}
